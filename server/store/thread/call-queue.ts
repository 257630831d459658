import type { LastModified } from '../../ports/transcripts.ts';
import type { SqliteTranscripts } from '../sqlite-transcripts.ts';
import { type CallName, type FromThread, serializeError, type ToThread } from '../thread-messages.ts';

type Call = Extract<ToThread, { kind: 'call' }>;

/** What live sessions wait for, or lose words by: done before whatever else waits. */
const URGENT: ReadonlySet<CallName> = new Set<CallName>(['create', 'join', 'unjoin', 'add']);
/** How long after a failure erasing is tried again, ms. */
const ERASE_AGAIN_MS = 30_000;

/** A removal between two of its steps. */
interface Unfinished {
  /** Undefined for one that nobody waits for: an earlier process, or a call that failed, began it. */
  readonly id: number | undefined;
  readonly steps: Generator<void, unknown>;
}

export interface CallQueueOptions {
  post(message: FromThread, transfer?: ArrayBuffer[]): void;
  /** Runs `step` once waiting calls have come in. */
  later(step: () => void): void;
  after(ms: number, run: () => void): Disposable;
}

/**
 * Does calls in the order they come, but those of live sessions first. Removals are done in steps, one whenever no call
 * waits or after each that did, so that they hold up no other call for longer than a step takes.
 */
export class CallQueue {
  readonly #store: SqliteTranscripts;
  readonly #options: CallQueueOptions;
  readonly #urgent: Call[] = [];
  readonly #others: Call[] = [];
  readonly #unfinished: Unfinished[] = [];
  #isPlanned = false;
  #again: Disposable | undefined;
  #closed: (() => void) | undefined;

  constructor(store: SqliteTranscripts, options: CallQueueOptions) {
    this.#store = store;
    this.#options = options;
    if (store.hasUnfinished) this.#finishErasing();
  }

  put(call: Call): void {
    (URGENT.has(call.call) ? this.#urgent : this.#others).push(call);
    this.#plan();
  }

  /** Finishes what is begun and closes the file. */
  close(closed: () => void): void {
    this.#closed = closed;
    this.#again?.[Symbol.dispose]();
    this.#plan();
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#options.later(() => {
      this.#isPlanned = false;
      this.#turn();
    });
  }

  #turn(): void {
    for (const call of this.#urgent.splice(0)) this.#do(call);
    const next = this.#others.shift();
    if (next !== undefined) this.#do(next);
    const oldest = this.#unfinished[0];
    if (oldest !== undefined) this.#step(oldest);
    if (this.#others.length > 0 || this.#unfinished.length > 0) this.#plan();
    else if (this.#closed !== undefined) this.#close(this.#closed);
  }

  #do({ id, call, args }: Call): void {
    const steps = this.#stepsOf(call, args);
    if (steps !== undefined) return this.#take({ id, steps });
    try {
      const run = this.#store[call] as (...args: readonly unknown[]) => unknown;
      this.#answer(id, run.apply(this.#store, [...args]));
    } catch (error) {
      this.#options.post({ kind: 'failed', id, error: serializeError(error) });
    }
  }

  #stepsOf(call: CallName, args: readonly unknown[]): Generator<void, unknown> | undefined {
    const store = this.#store;
    switch (call) {
      case 'remove':
        return store.removing(...(args as [string, string]));
      case 'removeEmpty':
        return store.removingEmpty(...(args as [string, string]));
      case 'unnote':
        return store.unnoting(...(args as [string, string, string]));
      case 'expire':
        return store.expiring(...(args as [readonly LastModified[]]));
      default:
        return undefined;
    }
  }

  /** The first step is taken at once, and makes the transcript gone for whoever calls next. */
  #take(removal: Unfinished): void {
    this.#unfinished.push(removal);
    this.#step(removal);
  }

  #step(removal: Unfinished): void {
    try {
      const step = removal.steps.next();
      if (!step.done) return;
      this.#drop(removal);
      if (removal.id !== undefined) this.#answer(removal.id, step.value);
    } catch (error) {
      this.#drop(removal);
      this.#failed(removal, error);
    }
  }

  /** What is hidden already has to be erased all the same, as soon as the disk allows it. */
  #failed({ id }: Unfinished, error: unknown): void {
    if (id !== undefined) this.#options.post({ kind: 'failed', id, error: serializeError(error) });
    else this.#options.post({ kind: 'not-erased', error: serializeError(error) });
    this.#again?.[Symbol.dispose]();
    this.#again = this.#options.after(ERASE_AGAIN_MS, () => this.#finishErasing());
  }

  #finishErasing(): void {
    this.#unfinished.push({ id: undefined, steps: this.#store.erasing() });
    this.#plan();
  }

  #drop(removal: Unfinished): void {
    this.#unfinished.splice(this.#unfinished.indexOf(removal), 1);
  }

  #answer(id: number, value: unknown): void {
    this.#options.post({ kind: 'done', id, value }, buffersOf(value));
  }

  #close(closed: () => void): void {
    this.#closed = undefined;
    this.#again?.[Symbol.dispose]();
    this.#store.close();
    closed();
  }
}

/** What need not be copied on its way. */
function buffersOf(value: unknown): ArrayBuffer[] {
  const bytes = value instanceof Uint8Array ? value : (value as { readonly bytes?: unknown } | undefined)?.bytes;
  return bytes instanceof Uint8Array && bytes.byteLength === bytes.buffer.byteLength
    ? [bytes.buffer as ArrayBuffer]
    : [];
}
