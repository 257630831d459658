import type { BackOff } from '../core/schedule/back-off.ts';
import type { Clock } from '../ports/clock.ts';
import { timerClock } from './timer-clock.ts';

/** A process as its supervisor sees it. */
export interface Supervised {
  /** Tells it to end. */
  stop(): void;
}

export interface SupervisorOptions<P extends Supervised> {
  /** Starts a process, which calls `onEnded` exactly once, and not before this has returned. */
  readonly start: (onEnded: (reason: string) => void) => P;
  /** `always`: a process that ends is replaced. `on-demand`: the next one is started when `demand` is called again. */
  readonly restart: 'always' | 'on-demand';
  readonly backOff: BackOff;
  /**
   * Called when a process has ended without being told to, to reject what waited for it.
   * @returns The longest wait before the next start, ms; undefined leaves the wait to the back-off.
   */
  readonly onEnded: (reason: string, process: P) => number | undefined;
  readonly clock?: Clock | undefined;
}

/** Keeps one process running: restarts it whenever it ends, indefinitely, with growing delays while that fails. */
export class Supervisor<P extends Supervised> {
  readonly #options: SupervisorOptions<P>;
  readonly #clock: Clock;
  /** All processes that have not ended, including retired ones. */
  readonly #running = new Set<P>();
  #current: P | undefined;
  #planned: Disposable | undefined;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #restarts = 0;
  #isClosed = false;
  #closing: Promise<void> | undefined;
  #onAllEnded: (() => void) | undefined;

  constructor(options: SupervisorOptions<P>) {
    this.#options = options;
    this.#clock = options.clock ?? timerClock;
  }

  /** The process in use; undefined until the next one is started. */
  get current(): P | undefined {
    return this.#current;
  }

  /** Number of processes that ended without being told to. */
  get restarts(): number {
    return this.#restarts;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Starts a process if there is none: at once, or when the back-off is over. */
  demand(): void {
    if (this.#isClosed || this.#current !== undefined || this.#planned !== undefined) return;
    const waitMs = this.#notBeforeMs - this.#clock.nowMs();
    if (waitMs <= 0) this.#start();
    else this.#plan(waitMs);
  }

  /** Resets the back-off: the process works, so the next failure counts as the first. */
  reportHealthy(): void {
    this.#options.backOff.reset();
  }

  /** Stops the process while it is not needed. The next `demand` starts another. */
  retire(): void {
    const process = this.#current;
    this.#current = undefined;
    process?.stop();
  }

  /** Starts no more processes; a running one continues until `close`. */
  giveUp(): void {
    this.#isClosed = true;
    this.#planned?.[Symbol.dispose]();
    this.#planned = undefined;
  }

  /** Stops every process. Resolves when all have ended. */
  close(): Promise<void> {
    this.giveUp();
    this.#closing ??= new Promise((resolve) => {
      if (this.#running.size === 0) return resolve();
      this.#onAllEnded = resolve;
      for (const process of this.#running) process.stop();
    });
    return this.#closing;
  }

  #start(): void {
    const process: P = this.#options.start((reason) => this.#ended(process, reason));
    this.#running.add(process);
    this.#current = process;
  }

  #plan(waitMs: number): void {
    this.#planned = this.#clock.setTimer(waitMs, () => {
      this.#planned = undefined;
      this.#start();
    });
  }

  #ended(process: P, reason: string): void {
    this.#running.delete(process);
    if (this.#closing !== undefined) {
      if (this.#running.size === 0) this.#onAllEnded?.();
      return;
    }
    if (this.#current !== process) return;
    this.#current = undefined;
    if (this.#isClosed) return;
    this.#restarts++;
    const { backOff, restart, onEnded } = this.#options;
    const waitMs = backOff.next();
    // Set before the callback, so that a `demand` from within it waits, too.
    this.#notBeforeMs = this.#clock.nowMs() + waitMs;
    const mostMs = onEnded(reason, process) ?? waitMs;
    this.#notBeforeMs = Math.min(this.#notBeforeMs, this.#clock.nowMs() + mostMs);
    if (restart === 'always' && !this.#isClosed && this.#planned === undefined)
      this.#plan(Math.max(0, Math.min(waitMs, mostMs)));
  }
}
