import { getModelPath } from '../../models/locate.ts';
import { findModel } from '../../models/registry.ts';
import { WorkerPool } from '../../server/engine/pool.ts';
import { recogniserContract } from './recogniser.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };

// One recording, and two jobs at once, which is one more than it decodes at a time: on x64 each takes this binding ten
// seconds of a processor.
recogniserContract(
  'stock',
  () =>
    new WorkerPool({
      modelPath: getModelPath(findModel('tiny.en')!),
      modelName: 'tiny.en',
      engine: 'stock',
      decodeTimeoutMs: 300_000,
      workerMemoryMbMax: 4_096,
      log,
    }),
  ['short_01.wav'],
  2,
);
