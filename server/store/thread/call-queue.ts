import type { LastModified } from '../../ports/transcripts.ts';
import type { SqliteTranscripts } from '../sqlite-transcripts.ts';
import { type CallName, type FromThread, serializeError, type ToThread } from '../thread-messages.ts';

type Call = Extract<ToThread, { kind: 'call' }>;

/** Calls that live sessions wait for, or lose words by: done before all others. */
const URGENT: ReadonlySet<CallName> = new Set<CallName>(['create', 'join', 'undoJoin', 'add']);
/** Delay after a failure before erasing is tried again, ms. */
const ERASE_RETRY_MS = 30_000;

/** A removal between two of its steps. */
interface Removal {
  /** Undefined when no caller waits: an earlier process, or a failed call, began it. */
  readonly id: number | undefined;
  readonly steps: Generator<void, unknown>;
}

export interface CallQueueOptions {
  post(message: FromThread, transfer?: ArrayBuffer[]): void;
  /** Runs `step` once waiting calls have come in. */
  runLater(step: () => void): void;
  setTimer(ms: number, run: () => void): Disposable;
}

/**
 * Runs calls in the order they arrive, except that those of live sessions come first. Removals run in steps, one
 * whenever no call waits or after each other call, so that they delay no call for longer than one step.
 */
export class CallQueue {
  readonly #store: SqliteTranscripts;
  readonly #options: CallQueueOptions;
  readonly #urgent: Call[] = [];
  readonly #others: Call[] = [];
  readonly #removals: Removal[] = [];
  #isScheduled = false;
  #retryTimer: Disposable | undefined;
  #onClosed: (() => void) | undefined;

  constructor(store: SqliteTranscripts, options: CallQueueOptions) {
    this.#store = store;
    this.#options = options;
    if (store.hasUnfinishedRemoval) this.#resumeErasing();
  }

  enqueue(call: Call): void {
    (URGENT.has(call.call) ? this.#urgent : this.#others).push(call);
    this.#schedule();
  }

  /** Finishes pending removals and closes the file. */
  close(onClosed: () => void): void {
    this.#onClosed = onClosed;
    this.#retryTimer?.[Symbol.dispose]();
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#options.runLater(() => {
      this.#isScheduled = false;
      this.#runTurn();
    });
  }

  #runTurn(): void {
    for (const call of this.#urgent.splice(0)) this.#run(call);
    const next = this.#others.shift();
    if (next !== undefined) this.#run(next);
    const oldest = this.#removals[0];
    if (oldest !== undefined) this.#runStep(oldest);
    if (this.#others.length > 0 || this.#removals.length > 0) this.#schedule();
    else if (this.#onClosed !== undefined) this.#close(this.#onClosed);
  }

  #run({ id, call, args }: Call): void {
    const steps = this.#startSteps(call, args);
    if (steps !== undefined) return this.#startRemoval({ id, steps });
    try {
      const run = this.#store[call] as (...args: readonly unknown[]) => unknown;
      this.#answer(id, run.apply(this.#store, [...args]));
    } catch (error) {
      this.#options.post({ kind: 'failed', id, error: serializeError(error) });
    }
  }

  #startSteps(call: CallName, args: readonly unknown[]): Generator<void, unknown> | undefined {
    const store = this.#store;
    switch (call) {
      case 'remove':
        return store.removeInSteps(...(args as [string, string]));
      case 'removeEmpty':
        return store.removeEmptyInSteps(...(args as [string, string]));
      case 'deleteNote':
        return store.deleteNoteInSteps(...(args as [string, string, string]));
      case 'expire':
        return store.expireInSteps(...(args as [readonly LastModified[]]));
      default:
        return undefined;
    }
  }

  /** The first step runs at once and hides the transcript from the next call. */
  #startRemoval(removal: Removal): void {
    this.#removals.push(removal);
    this.#runStep(removal);
  }

  #runStep(removal: Removal): void {
    try {
      const step = removal.steps.next();
      if (!step.done) return;
      this.#dropRemoval(removal);
      if (removal.id !== undefined) this.#answer(removal.id, step.value);
    } catch (error) {
      this.#dropRemoval(removal);
      this.#onFailure(removal, error);
    }
  }

  /** What is already hidden must still be erased, as soon as the disk allows it. */
  #onFailure({ id }: Removal, error: unknown): void {
    if (id !== undefined) this.#options.post({ kind: 'failed', id, error: serializeError(error) });
    else this.#options.post({ kind: 'not-erased', error: serializeError(error) });
    this.#retryTimer?.[Symbol.dispose]();
    this.#retryTimer = this.#options.setTimer(ERASE_RETRY_MS, () => this.#resumeErasing());
  }

  #resumeErasing(): void {
    this.#removals.push({ id: undefined, steps: this.#store.eraseInSteps() });
    this.#schedule();
  }

  #dropRemoval(removal: Removal): void {
    this.#removals.splice(this.#removals.indexOf(removal), 1);
  }

  #answer(id: number, value: unknown): void {
    this.#options.post({ kind: 'done', id, value }, listTransferable(value));
  }

  #close(onClosed: () => void): void {
    this.#onClosed = undefined;
    this.#retryTimer?.[Symbol.dispose]();
    this.#store.close();
    onClosed();
  }
}

/** Buffers that can be transferred instead of copied. */
function listTransferable(value: unknown): ArrayBuffer[] {
  const isArray = value instanceof Uint8Array || value instanceof Float32Array;
  const bytes = isArray ? value : (value as { readonly bytes?: unknown } | undefined)?.bytes;
  return (bytes instanceof Uint8Array || bytes instanceof Float32Array) && bytes.byteLength === bytes.buffer.byteLength
    ? [bytes.buffer as ArrayBuffer]
    : [];
}
