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

/**
 * Maximum number of calls that wait for the thread; more are refused, so that a hanging disk does not fill the memory.
 */
const WAITING_MAX = 2_000;
/**
 * A thread that does not close its file within this time is terminated, ms; what was written is in the write-ahead
 * file.
 */
const CLOSE_TIMEOUT_MS = 10_000;
/** Delay before an ended thread is replaced, ms, growing each time: what ended it may end the next one, too. */
const RESTART_DELAY_MS = 1_000;
const RESTART_DELAY_MS_MAX = 60_000;

export interface TranscriptFolder {
  /** Created if missing; only its owner can read it. */
  readonly folder: string;
  /** `always`: on the disk before a call resolves. `never`: in the system's cache, which outlives this process. */
  readonly sync: 'always' | 'never';
  readonly bounds: TranscriptBounds;
  /** Called with the new name of a broken file that was set aside. */
  onBrokenFile(name: string): void;
  /** Called with errors in the thread that belong to no call. */
  onError(error: unknown): void;
  /** Program of the thread; for tests, and for bundled sources. */
  readonly program?: URL | undefined;
}

const ENDED = 'the transcript thread ended';

/** The thread is gone, or too many calls wait. The call's effect is unknown. */
class UnavailableError extends Error {
  readonly code = 'STORE_UNAVAILABLE';
}

type Answer = Extract<FromThread, { kind: 'done' | 'failed' }>;

type Call = (...args: never[]) => Promise<never>;

const CALLS: { readonly [Name in CallName]: true } = {
  ...{ create: true, join: true, undoJoin: true, add: true, list: true, read: true, readWords: true, readJson: true },
  ...{ addAudio: true, readAudio: true, readAudioClip: true, readSamples: true },
  ...{ export: true, update: true, updateSentence: true, saveNote: true, deleteNote: true, saveSummary: true },
  ...{ remove: true, removeEmpty: true, listChangedOutside: true, expire: true, readSetting: true, writeSetting: true },
};

/** Passes the calls of a transcript store on to a thread. A thread that has ended is replaced at the next call. */
export class TranscriptThread {
  readonly #options: TranscriptFolder;
  readonly #onReleased: () => void;
  readonly #requests = new PendingRequests<Answer>({
    ...{ max: WAITING_MAX, full: `${WAITING_MAX} calls wait for the transcript file` },
    fault: (problem) => new UnavailableError(problem),
    // Calls have no time limit, and nobody cancels one.
    onGivenUp: () => {},
  });
  #worker: Worker | undefined;
  /** Time before which no thread is started, monotonic ms. */
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  readonly #backOff = new BackOff({ firstMs: RESTART_DELAY_MS, longestMs: RESTART_DELAY_MS_MAX, waitsAtOnce: true });
  #closing: Promise<void> | undefined;
  #onClosed: (() => void) | undefined;

  /** Resolves when the file is open; rejects with `StorageUnavailable`. `onReleased` is called when it is closed. */
  static async start(options: TranscriptFolder, onReleased: () => void): Promise<TranscriptStore> {
    const thread = new TranscriptThread(options, onReleased);
    await thread.#open();
    const calls = Object.keys(CALLS).map((name) => [
      name,
      (...args: readonly unknown[]) => thread.#call(name as CallName, args),
    ]);
    const store = Object.fromEntries(calls) as { readonly [Name in CallName]: Call };
    return { ...store, close: () => thread.#close() } as unknown as TranscriptStore;
  }

  private constructor(options: TranscriptFolder, onReleased: () => void) {
    this.#options = options;
    this.#onReleased = onReleased;
  }

  #open(onError = this.#options.onError): Promise<void> {
    const { folder, sync, bounds, program } = this.#options;
    const setup: ThreadSetup = { folder, sync, bounds };
    const options = { workerData: setup, name: 'transcripts' };
    const worker =
      program === undefined ? startThread(import.meta.url, './thread/main', options) : new Worker(program, options);
    this.#worker = worker;
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromThread) => {
        if (message.kind === 'open') {
          if (message.broken !== undefined) this.#options.onBrokenFile(message.broken);
          resolve();
        } else if (message.kind === 'storage-unavailable') {
          reject(new StorageUnavailable(message.reason));
          void worker.terminate();
        } else this.#onMessage(message);
      });
      worker.on('error', (error) => {
        onError(error);
        reject(error);
      });
      worker.on('exit', () => {
        this.#onExit(worker);
        reject(new UnavailableError(ENDED));
      });
    });
  }

  async #call(call: CallName, args: readonly unknown[]): Promise<unknown> {
    if (this.#closing !== undefined) throw new UnavailableError('the transcripts are closed');
    if (this.#worker === undefined) {
      if (performance.now() < this.#notBeforeMs) throw new UnavailableError('the transcript thread ended a moment ago');
      this.#reopen();
    }
    const answer = await this.#requests.open((id) => this.#post({ kind: 'call', id, call, args }));
    if (answer.kind === 'failed') throw deserializeError(answer.error);
    return answer.value;
  }

  #reopen(): void {
    let isReported = false;
    const onError = (error: unknown): void => {
      if (!isReported) this.#options.onError(error);
      isReported = true;
    };
    this.#open(onError).then(() => this.#backOff.reset(), onError);
  }

  #post(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  #onMessage(message: Exclude<FromThread, { kind: 'open' | 'storage-unavailable' }>): void {
    if (message.kind === 'closed') return this.#onClosed?.();
    if (message.kind === 'not-erased') return this.#options.onError(deserializeError(message.error));
    this.#requests.resolve(message.id, message);
  }

  /** Its pending calls may or may not have been carried out. */
  #onExit(worker: Worker): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    this.#notBeforeMs = performance.now() + this.#backOff.next();
    this.#requests.rejectAll(ENDED);
    this.#onClosed?.();
  }

  #close(): Promise<void> {
    this.#closing ??= this.#finish().finally(() => this.#onReleased());
    return this.#closing;
  }

  async #finish(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#onClosed = resolve;
      timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
      this.#post({ kind: 'close' });
    });
    clearTimeout(timer);
    await worker.terminate();
  }
}
