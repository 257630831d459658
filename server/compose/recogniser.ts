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
    small: await resolveOtherModel(config['small-model'], config),
    second: await resolveOtherModel(config['second-model'], config),
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

async function resolveOtherModel(asked: string, { offline }: Config) {
  if (asked === 'none' || asked === 'auto') return undefined;
  await fetchIfUrl(asked, offline);
  return resolveModel(asked, { kind: 'speech' });
}
