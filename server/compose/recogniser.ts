import { resolveModel } from '../../models/locate.ts';
import type { Config } from '../config/options.ts';
import { WorkerPool } from '../engine/pool.ts';
import type { Log } from '../ports/log.ts';
import { fetchIfUrl } from './fetch-model.ts';

/** Creates the recogniser that the options select, which starts loading. Rejects with `model.*` when a model is absent. */
export async function openRecogniser(config: Config, log: Log): Promise<WorkerPool> {
  await fetchIfUrl(config.model, config.offline);
  const model = await resolveModel(config.model, { kind: 'speech' });
  return new WorkerPool({
    modelPath: model.path,
    small: await resolveSmallModel(config),
    modelName: model.name,
    engine: config.engine as 'auto' | 'native' | 'stock',
    slots: config.slots === 0 ? undefined : config.slots,
    decodeTimeoutMs: config['decode-timeout-ms'],
    workerMemoryMbMax: config['worker-memory-mb'],
    finalWindowFloor: config['final-window'],
    partialWindowFloor: config['partial-window'],
    finalBeams: config['final-beams'],
    finalRetries: config['final-retries'],
    log,
  });
}

async function resolveSmallModel(config: Config) {
  const asked = config['small-model'];
  if (asked === 'none') return undefined;
  await fetchIfUrl(asked, config.offline);
  return resolveModel(asked, { kind: 'speech' });
}
