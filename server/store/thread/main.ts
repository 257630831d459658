import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase, StorageUnavailable } from '../open-database.ts';
import { SqliteTranscripts } from '../sqlite-transcripts.ts';
import type { FromThread, ThreadSetup, ToThread } from '../thread-messages.ts';
import { CallQueue } from './call-queue.ts';

// The thread of kept transcripts: whatever the disk and the index take, nobody's audio waits for it.
const port = parentPort!;
const post = (message: FromThread, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

const after = (ms: number, run: () => void): Disposable => {
  const timer = setTimeout(run, ms).unref();
  return { [Symbol.dispose]: () => clearTimeout(timer) };
};

function open({ folder, sync, bounds }: ThreadSetup): void {
  let broken: string | undefined;
  let store: SqliteTranscripts;
  try {
    const database = openDatabase({ folder, sync, nowMs: Date.now, brokenFile: (name) => (broken = name) });
    store = new SqliteTranscripts(database, { nowMs: Date.now, bounds });
  } catch (error) {
    if (!(error instanceof StorageUnavailable)) throw error;
    return post({ kind: 'cannot-keep', reason: error.message });
  }
  const queue = new CallQueue(store, { post, later: setImmediate, after });
  port.on('message', (message: ToThread) => {
    if (message.kind === 'call') return queue.put(message);
    queue.close(() => {
      post({ kind: 'closed' });
      port.close();
    });
  });
  post({ kind: 'open', broken });
}

open(workerData as ThreadSetup);
