import type { Clock } from '../ports/clock.ts';
import { timerClock } from './timer-clock.ts';

export interface PendingRequestsOptions {
  /** Requests that may wait; more are refused. */
  readonly max: number;
  /** What a request that gets no answer is rejected with. */
  readonly fault: (problem: string) => Error;
  /** Why one more is refused: `too many sentences wait`. */
  readonly full: string;
  /** Longest wait for an answer, ms; default for ever. */
  readonly timeoutMs?: number | undefined;
  /** Nobody waits for the answer any more: tell the child. */
  readonly onGivenUp: (id: number) => void;
  /** How long the child may take to end a request that was given up, ms; default for ever. */
  readonly cancelTimeoutMs?: number | undefined;
  /** It has not ended it in that time: it never will. */
  readonly onStuck?: () => void;
  readonly clock?: Clock | undefined;
}

interface Pending<Answer> {
  resolve(answer: Answer): void;
  reject(error: Error): void;
  release(): void;
}

/** Requests to a child process. Each is answered exactly once, whatever becomes of the process; there are never too many. */
export class PendingRequests<Answer> {
  readonly #options: PendingRequestsOptions;
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending<Answer>>();
  /** Given up, and not yet ended by the child. */
  readonly #cancelled = new Map<number, Disposable>();
  #lastId = 0;

  constructor(options: PendingRequestsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? timerClock;
  }

  /** Requests that wait for their answers. */
  get size(): number {
    return this.#pending.size;
  }

  /**
   * Opens a request and has it sent. Rejects when there are too many, when `signal` gives it up, when its time is over and
   * with `rejectAll`.
   */
  open(send: (id: number) => void, signal?: AbortSignal): Promise<Answer> {
    const { max, full, fault, timeoutMs } = this.#options;
    if (signal?.aborted === true) return Promise.reject(fault('it was given up'));
    if (this.#pending.size >= max) return Promise.reject(fault(full));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const abort = (): void => this.#giveUp(id, 'it was given up');
      const late =
        timeoutMs === undefined
          ? undefined
          : this.#clock.setTimer(timeoutMs, () => this.#giveUp(id, 'it did not answer in time'));
      const release = (): void => {
        late?.[Symbol.dispose]();
        signal?.removeEventListener('abort', abort);
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#pending.set(id, { resolve, reject, release });
      send(id);
    });
  }

  /** The child's answer. One that comes late, twice or for nothing is dropped. */
  resolve(id: number, answer: Answer): void {
    this.#noteEnd(id);
    this.#take(id)?.resolve(answer);
  }

  reject(id: number, problem: string): void {
    this.#noteEnd(id);
    this.#take(id)?.reject(this.#options.fault(problem));
  }

  /** The process is gone: nothing that waits will be answered by it. */
  rejectAll(problem: string): void {
    for (const timer of this.#cancelled.values()) timer[Symbol.dispose]();
    this.#cancelled.clear();
    for (const id of [...this.#pending.keys()]) this.reject(id, problem);
  }

  #giveUp(id: number, problem: string): void {
    const { cancelTimeoutMs, onGivenUp, onStuck, fault } = this.#options;
    const pending = this.#take(id);
    if (pending === undefined) return;
    if (cancelTimeoutMs !== undefined) {
      const stuck = (): void => {
        this.#cancelled.delete(id);
        onStuck?.();
      };
      this.#cancelled.set(id, this.#clock.setTimer(cancelTimeoutMs, stuck));
    }
    onGivenUp(id);
    pending.reject(fault(problem));
  }

  #take(id: number): Pending<Answer> | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.release();
    return pending;
  }

  #noteEnd(id: number): void {
    this.#cancelled.get(id)?.[Symbol.dispose]();
    this.#cancelled.delete(id);
  }
}
