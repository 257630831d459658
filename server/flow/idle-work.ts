import type { Clock } from '../ports/clock.ts';

export interface IdleWorkOptions {
  readonly clock: Clock;
  /** Tells whether nobody uses the server now. */
  readonly isIdle: () => boolean;
  /**
   * Does the work. Resolves with `done`, or `stopped` when `signal` aborted it, at once; with `failed`, or a rejection, it is
   * tried again, but not often.
   */
  readonly run: (signal: AbortSignal) => Promise<'done' | 'stopped' | 'failed'>;
  /** How long the server waits before the first attempt, and after one that was stopped, ms. */
  readonly waitMs: number;
}

/** Attempts that may fail before the work is given up. */
const FAILURES_MAX = 3;

/** Work that is done while nobody uses the server, gives way at once, and is tried again later. */
export class IdleWork {
  readonly #options: IdleWorkOptions;
  #timer: Disposable | undefined;
  #running: AbortController | undefined;
  #attempt: Promise<void> = Promise.resolve();
  #failures = 0;
  #isClosed = false;

  constructor(options: IdleWorkOptions) {
    this.#options = options;
    this.#plan();
  }

  /** Somebody uses the server: gives way. */
  giveWay(): void {
    this.#running?.abort();
  }

  /** Stops it for good. Resolves when nothing of it runs any more. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.[Symbol.dispose]();
    this.giveWay();
    return this.#attempt;
  }

  #plan(): void {
    this.#timer = this.#options.clock.setTimer(this.#options.waitMs, () => {
      if (!this.#options.isIdle()) return this.#plan();
      this.#attempt = this.#run();
    });
  }

  async #run(): Promise<void> {
    const controller = new AbortController();
    this.#running = controller;
    const outcome = await this.#options.run(controller.signal).catch(() => 'failed' as const);
    this.#running = undefined;
    if (outcome === 'failed') this.#failures++;
    if (outcome !== 'done' && this.#failures < FAILURES_MAX && !this.#isClosed) this.#plan();
  }
}
