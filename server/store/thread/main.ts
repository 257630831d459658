import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase, StorageUnavailable } from '../open-database.ts';
import { OpusCodec } from '../opus-codec.ts';
import { SqliteTranscripts } from '../sqlite-transcripts.ts';
import type { FromThread, ThreadSetup, ToThread } from '../thread-messages.ts';
import { CallQueue } from './call-queue.ts';

// The thread of stored transcripts: however long the disk and the index take, nobody's audio waits for it.
const port = parentPort!;
const post = (message: FromThread, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

const setTimer = (ms: number, run: () => void): Disposable => {
  const timer = setTimeout(run, ms).unref();
  return { [Symbol.dispose]: () => clearTimeout(timer) };
};

async function start({ folder, sync, bounds }: ThreadSetup): Promise<void> {
  const codec = await OpusCodec.load();
  let broken: string | undefined;
  let store: SqliteTranscripts;
  try {
    const database = openDatabase({ folder, sync, nowMs: Date.now, onBrokenFile: (name) => (broken = name) });
    store = new SqliteTranscripts(database, { nowMs: Date.now, bounds, codec });
  } catch (error) {
    if (!(error instanceof StorageUnavailable)) throw error;
    return post({ kind: 'storage-unavailable', reason: error.message });
  }
  const queue = new CallQueue(store, { post, runLater: setImmediate, setTimer });
  port.on('message', (message: ToThread) => {
    if (message.kind === 'call') return queue.enqueue(message);
    queue.close(() => {
      post({ kind: 'closed' });
      port.close();
    });
  });
  post({ kind: 'open', broken });
}

await start(workerData as ThreadSetup);
