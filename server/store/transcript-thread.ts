import { Worker } from 'node:worker_threads';
import type { TranscriptBounds, TranscriptStore } from '../ports/transcripts.ts';
import { startThread } from '../process/thread-program.ts';
import { CannotKeep } from './open-database.ts';
import { type CallName, type FromThread, fromWire, type ThreadSetup, type ToThread } from './thread-messages.ts';

/** Calls that wait for the thread at most, an answer to more is a refusal: a disk that hangs fills no memory. */
const WAITING_MAX = 2_000;
/** A thread that does not close its file in that time is ended, ms; what was written is in the write-ahead file. */
const CLOSE_MS_MAX = 10_000;
/** A thread that ended is not followed by another at once, ms, and later each time: what ended it may end that one, too. */
const REST_MS = 1_000;
const REST_MS_MAX = 60_000;

export interface ThreadOptions {
  readonly folder: string;
  readonly sync: 'always' | 'never';
  readonly bounds: TranscriptBounds;
  brokenFile(name: string): void;
  failed(error: unknown): void;
  /** The thread's program; for tests. */
  readonly program?: URL | undefined;
}

/** Nobody can do a call, or too many wait. Nothing is known of its effect. */
class Unavailable extends Error {
  readonly code = 'STORE_UNAVAILABLE';
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

type Call = (...args: never[]) => Promise<never>;

const CALLS: { readonly [Name in CallName]: true } = {
  ...{ create: true, join: true, unjoin: true, add: true, list: true, read: true, words: true, document: true },
  ...{ export: true, change: true, mark: true, note: true, unnote: true, summarise: true, remove: true },
  ...{ removeEmpty: true, changedOutside: true, expire: true, setting: true, set: true },
};

/** The calls of a store of transcripts, passed on to a thread. One that ends is followed by another at the next call. */
export class TranscriptThread {
  readonly #options: ThreadOptions;
  readonly #released: () => void;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #next = 1;
  #endedMs = Number.NEGATIVE_INFINITY;
  #restMs = REST_MS;
  #closing: Promise<void> | undefined;
  #closed: (() => void) | undefined;

  /** Resolves when the file is open; rejects with `CannotKeep`. `released` is called when it is closed. */
  static async start(options: ThreadOptions, released: () => void): Promise<TranscriptStore> {
    const thread = new TranscriptThread(options, released);
    await thread.#open();
    const calls = Object.keys(CALLS).map((name) => [
      name,
      (...args: readonly unknown[]) => thread.#call(name as CallName, args),
    ]);
    const store = Object.fromEntries(calls) as { readonly [Name in CallName]: Call };
    return { ...store, close: () => thread.#close() } as unknown as TranscriptStore;
  }

  private constructor(options: ThreadOptions, released: () => void) {
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
          reject(new CannotKeep(message.reason));
          void worker.terminate();
        } else this.#heard(message);
      });
      worker.on('error', (error) => {
        failed(error);
        reject(error);
      });
      worker.on('exit', () => {
        this.#ended(worker);
        reject(new Unavailable('the thread of transcripts ended'));
      });
    });
  }

  #call(call: CallName, args: readonly unknown[]): Promise<unknown> {
    if (this.#closing !== undefined) return Promise.reject(new Unavailable('the transcripts are closed'));
    if (this.#waiting.size >= WAITING_MAX)
      return Promise.reject(new Unavailable(`${WAITING_MAX} calls wait for the file of transcripts`));
    if (this.#worker === undefined) {
      if (performance.now() - this.#endedMs < this.#restMs)
        return Promise.reject(new Unavailable('the thread of transcripts ended a moment ago'));
      this.#restMs = Math.min(2 * this.#restMs, REST_MS_MAX);
      this.#reopen();
    }
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#post({ kind: 'call', id, call, args });
    });
  }

  #reopen(): void {
    let isReported = false;
    const failed = (error: unknown): void => {
      if (!isReported) this.#options.failed(error);
      isReported = true;
    };
    this.#open(failed).then(() => {
      this.#restMs = REST_MS;
    }, failed);
  }

  #post(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  #heard(message: Exclude<FromThread, { kind: 'open' | 'cannot-keep' }>): void {
    if (message.kind === 'closed') return this.#closed?.();
    if (message.kind === 'not-erased') return this.#options.failed(fromWire(message.error));
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === 'done') waiting?.resolve(message.value);
    else waiting?.reject(fromWire(message.error));
  }

  /** What was asked of it may or may not have been done. */
  #ended(worker: Worker): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    this.#endedMs = performance.now();
    const left = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of left) reject(new Unavailable('the thread of transcripts ended'));
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
