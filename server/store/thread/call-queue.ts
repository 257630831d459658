import type { LastChange } from '../../ports/transcripts.ts';
import type { SqliteTranscripts } from '../sqlite-transcripts.ts';
import { type FromThread, type ToThread, toWire } from '../thread-messages.ts';

type Call = Extract<ToThread, { kind: 'call' }>;

/** A removal between two of its steps. */
interface Unfinished {
  /** Undefined for one that an earlier process began. */
  readonly id: number | undefined;
  readonly steps: Generator<void, unknown>;
}

export interface CallQueueOptions {
  post(message: FromThread, transfer?: ArrayBuffer[]): void;
  /** Runs `step` once waiting calls have come in. */
  later(step: () => void): void;
}

/** Does calls as they come. Removals are done in steps, so that they hold up no other call for longer than one takes. */
export class CallQueue {
  readonly #store: SqliteTranscripts;
  readonly #options: CallQueueOptions;
  readonly #unfinished: Unfinished[] = [];
  #isStepping = false;
  #closed: (() => void) | undefined;

  constructor(store: SqliteTranscripts, options: CallQueueOptions) {
    this.#store = store;
    this.#options = options;
    if (store.hasUnfinished) this.#take(undefined, store.erasing());
  }

  put({ id, call, args }: Call): void {
    if (call === 'remove') return this.#take(id, this.#store.removing(...(args as [string, string])));
    if (call === 'expire') return this.#take(id, this.#store.expiring(...(args as [readonly LastChange[]])));
    try {
      const run = this.#store[call] as (...args: readonly unknown[]) => unknown;
      this.#answer(id, run.apply(this.#store, [...args]));
    } catch (error) {
      this.#options.post({ kind: 'failed', id, error: toWire(error) });
    }
  }

  /** Finishes what is begun and closes the file. */
  close(closed: () => void): void {
    this.#closed = closed;
    if (this.#unfinished.length === 0) this.#close();
  }

  /** The first step is taken at once, and makes the transcript gone for whoever calls next. */
  #take(id: number | undefined, steps: Generator<void, unknown>): void {
    const removal = { id, steps };
    this.#unfinished.push(removal);
    this.#step(removal);
    this.#goOn();
  }

  #goOn(): void {
    if (this.#isStepping || this.#unfinished.length === 0) return;
    this.#isStepping = true;
    this.#options.later(() => {
      this.#isStepping = false;
      const oldest = this.#unfinished[0];
      if (oldest !== undefined) this.#step(oldest);
      if (this.#unfinished.length > 0) this.#goOn();
      else if (this.#closed !== undefined) this.#close();
    });
  }

  #step(removal: Unfinished): void {
    try {
      const step = removal.steps.next();
      if (!step.done) return;
      this.#drop(removal);
      if (removal.id !== undefined) this.#answer(removal.id, step.value);
    } catch (error) {
      this.#drop(removal);
      // It is hidden all the same, and finished with the next removal or by the next process.
      if (removal.id !== undefined) this.#options.post({ kind: 'failed', id: removal.id, error: toWire(error) });
    }
  }

  #drop(removal: Unfinished): void {
    this.#unfinished.splice(this.#unfinished.indexOf(removal), 1);
  }

  #answer(id: number, value: unknown): void {
    this.#options.post({ kind: 'done', id, value }, buffersOf(value));
  }

  #close(): void {
    const closed = this.#closed;
    this.#closed = undefined;
    this.#store.close();
    closed?.();
  }
}

/** What need not be copied on its way. */
function buffersOf(value: unknown): ArrayBuffer[] {
  const bytes = value instanceof Uint8Array ? value : (value as { readonly bytes?: unknown } | undefined)?.bytes;
  return bytes instanceof Uint8Array && bytes.byteLength === bytes.buffer.byteLength
    ? [bytes.buffer as ArrayBuffer]
    : [];
}
