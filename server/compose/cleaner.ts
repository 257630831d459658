import { availableParallelism } from 'node:os';
import { resolveModel } from '../../models/locate.ts';
import { createCleaner } from '../cleaner/create.ts';
import type { Config } from '../config/options.ts';
import type { Cleaner } from '../ports/cleaner.ts';
import type { Log } from '../ports/log.ts';
import { fetchIfUrl } from './fetch-model.ts';

/** Opens the cleaner that the options select; undefined when cleaning is off. Rejects with `model.*` or `config.value`. */
export async function openCleaner(config: Config, log: Log): Promise<Cleaner | undefined> {
  const kind = config.cleanup as 'llm' | 'openai' | 'rules' | 'off';
  if (kind === 'llm') await fetchIfUrl(config['cleanup-model'], config.offline);
  const model = kind === 'llm' ? await resolveModel(config['cleanup-model'], { kind: 'cleanup' }) : undefined;
  return createCleaner({
    kind,
    modelPath: model?.path ?? '',
    modelName: model?.name ?? '',
    threads: Math.max(1, Math.floor(availableParallelism() / 2)),
    url: config['cleanup-url'],
    urlModel: config['cleanup-model'],
    key: config['cleanup-key'],
    memoryMbMax: config['worker-memory-mb'],
    log,
  });
}
