import { Worker } from 'node:worker_threads';
import { BackOff } from '../core/schedule/back-off.ts';
import type { TranscriptBounds, TranscriptStore } from '../ports/transcripts.ts';
import { PendingRequests } from '../process/pending-requests.ts';
import { startThread } from '../process/thread-program.ts';
import { StorageUnavailable } from './open-database.ts';
import {
  type CallName,
  deserializeError,
  type FromThread,
  type ThreadSetup,
  type ToThread,
} from './thread-messages.ts';

/** Calls that wait for the thread at most, an answer to more is a refusal: a disk that hangs fills no memory. */
const WAITING_MAX = 2_000;
/** A thread that does not close its file in that time is ended, ms; what was written is in the write-ahead file. */
const CLOSE_MS_MAX = 10_000;
/** How long after the end of a thread another may follow, ms, twice as long each time: what ended it may end that one, too. */
const REST_MS = 1_000;
const REST_MS_MAX = 60_000;

export interface TranscriptFolder {
  /** Made when it is not there; its owner's alone. */
  readonly folder: string;
  /** `always`: on the disk before a call is done. `never`: with the system, which outlives this process. */
  readonly sync: 'always' | 'never';
  readonly bounds: TranscriptBounds;
  /** Told when a broken file was set aside, with its new name. */
  brokenFile(name: string): void;
  /** Told of what went wrong in the thread and belongs to no call. */
  failed(error: unknown): void;
  /** Program of the thread; for tests, and for where the sources are bundled. */
  readonly program?: URL | undefined;
}

const ENDED = 'the thread of transcripts ended';

/** Nobody can do a call, or too many wait. Nothing is known of its effect. */
class Unavailable extends Error {
  readonly code = 'STORE_UNAVAILABLE';
}

type Answer = Extract<FromThread, { kind: 'done' | 'failed' }>;

type Call = (...args: never[]) => Promise<never>;

const CALLS: { readonly [Name in CallName]: true } = {
  ...{ create: true, join: true, unjoin: true, add: true, list: true, read: true, words: true, document: true },
  ...{ export: true, change: true, mark: true, note: true, unnote: true, summarise: true, remove: true },
  ...{ removeEmpty: true, changedOutside: true, expire: true, setting: true, set: true },
};

/** The calls of a store of transcripts, passed on to a thread. One that ends is followed by another at the next call. */
export class TranscriptThread {
  readonly #options: TranscriptFolder;
  readonly #released: () => void;
  readonly #requests = new PendingRequests<Answer>({
    ...{ max: WAITING_MAX, full: `${WAITING_MAX} calls wait for the file of transcripts` },
    fault: (problem) => new Unavailable(problem),
    // A call is waited for however long it takes, and nobody takes one back.
    onGivenUp: () => {},
  });
  #worker: Worker | undefined;
  /** No thread is started before, ms, monotonic. */
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  readonly #backOff = new BackOff({ firstMs: REST_MS, longestMs: REST_MS_MAX, waitsAtOnce: true });
  #closing: Promise<void> | undefined;
  #closed: (() => void) | undefined;

  /** Resolves when the file is open; rejects with `StorageUnavailable`. `released` is called when it is closed. */
  static async start(options: TranscriptFolder, released: () => void): Promise<TranscriptStore> {
    const thread = new TranscriptThread(options, released);
    await thread.#open();
    const calls = Object.keys(CALLS).map((name) => [
      name,
      (...args: readonly unknown[]) => thread.#call(name as CallName, args),
    ]);
    const store = Object.fromEntries(calls) as { readonly [Name in CallName]: Call };
    return { ...store, close: () => thread.#close() } as unknown as TranscriptStore;
  }

  private constructor(options: TranscriptFolder, released: () => void) {
    this.#options = options;
    this.#released = released;
  }

  #open(failed = this.#options.failed): Promise<void> {
    const { folder, sync, bounds, program } = this.#options;
    const setup: ThreadSetup = { folder, sync, bounds };
    const options = { workerData: setup, name: 'transcripts' };
    const worker =
      program === undefined ? startThread(import.meta.url, './thread/main', options) : new Worker(program, options);
    this.#worker = worker;
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromThread) => {
        if (message.kind === 'open') {
          if (message.broken !== undefined) this.#options.brokenFile(message.broken);
          resolve();
        } else if (message.kind === 'cannot-keep') {
          reject(new StorageUnavailable(message.reason));
          void worker.terminate();
        } else this.#heard(message);
      });
      worker.on('error', (error) => {
        failed(error);
        reject(error);
      });
      worker.on('exit', () => {
        this.#ended(worker);
        reject(new Unavailable(ENDED));
      });
    });
  }

  async #call(call: CallName, args: readonly unknown[]): Promise<unknown> {
    if (this.#closing !== undefined) throw new Unavailable('the transcripts are closed');
    if (this.#worker === undefined) {
      if (performance.now() < this.#notBeforeMs) throw new Unavailable('the thread of transcripts ended a moment ago');
      this.#reopen();
    }
    const answer = await this.#requests.open((id) => this.#post({ kind: 'call', id, call, args }));
    if (answer.kind === 'failed') throw deserializeError(answer.error);
    return answer.value;
  }

  #reopen(): void {
    let isReported = false;
    const failed = (error: unknown): void => {
      if (!isReported) this.#options.failed(error);
      isReported = true;
    };
    this.#open(failed).then(() => this.#backOff.reset(), failed);
  }

  #post(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  #heard(message: Exclude<FromThread, { kind: 'open' | 'cannot-keep' }>): void {
    if (message.kind === 'closed') return this.#closed?.();
    if (message.kind === 'not-erased') return this.#options.failed(deserializeError(message.error));
    this.#requests.resolve(message.id, message);
  }

  /** What was asked of it may or may not have been done. */
  #ended(worker: Worker): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    this.#notBeforeMs = performance.now() + this.#backOff.next();
    this.#requests.rejectAll(ENDED);
    this.#closed?.();
  }

  #close(): Promise<void> {
    this.#closing ??= this.#finish().finally(() => this.#released());
    return this.#closing;
  }

  async #finish(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#closed = resolve;
      timer = setTimeout(resolve, CLOSE_MS_MAX);
      this.#post({ kind: 'close' });
    });
    clearTimeout(timer);
    await worker.terminate();
  }
}
