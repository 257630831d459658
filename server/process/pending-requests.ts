import type { Clock } from '../ports/clock.ts';
import { timerClock } from './timer-clock.ts';

export interface PendingRequestsOptions {
  /** Maximum number of waiting requests; more are refused. */
  readonly max: number;
  /** Creates the error that an unanswered request is rejected with. */
  readonly fault: (problem: string) => Error;
  /** The problem of a request that is refused: `too many sentences wait`. */
  readonly full: string;
  /** Longest wait for an answer, ms; default: no limit. */
  readonly timeoutMs?: number | undefined;
  /** Called when a request is given up, to tell the child. */
  readonly onGivenUp: (id: number) => void;
  /** How long the child may take to end a request that was given up, ms; default: no limit. */
  readonly cancelTimeoutMs?: number | undefined;
  /** Called when the child has not ended a request within that time. */
  readonly onStuck?: () => void;
  readonly clock?: Clock | undefined;
}

interface Pending<Answer> {
  resolve(answer: Answer): void;
  reject(error: Error): void;
  release(): void;
}

/** Requests to a child process, limited in number. Each is settled exactly once, whatever happens to the process. */
export class PendingRequests<Answer> {
  readonly #options: PendingRequestsOptions;
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending<Answer>>();
  /** Timers of requests that were given up and not yet ended by the child. */
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
   * Opens a request and calls `send`. Rejects when too many are waiting, when `signal` aborts, on timeout, and on
   * `rejectAll`.
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

  /** Settles a request with the child's answer. Late, duplicate and unknown answers are dropped. */
  resolve(id: number, answer: Answer): void {
    this.#noteEnd(id);
    this.#take(id)?.resolve(answer);
  }

  reject(id: number, problem: string): void {
    this.#noteEnd(id);
    this.#take(id)?.reject(this.#options.fault(problem));
  }

  /** Rejects all waiting requests, because the process has ended. */
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
