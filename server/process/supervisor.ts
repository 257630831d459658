import type { BackOff } from '../core/schedule/back-off.ts';
import type { Clock } from '../ports/clock.ts';
import { timerClock } from './timer-clock.ts';

/** A process as its supervisor sees it. */
export interface Supervised {
  /** Ends it politely. */
  stop(): void;
}

export interface SupervisorOptions<P extends Supervised> {
  /** Starts a process, which calls `onEnded` exactly once, and not before this has returned. */
  readonly start: (onEnded: (reason: string) => void) => P;
  /** `always`: another one takes the place of each that ends. `on-demand`: not before `demand` is called again. */
  readonly restart: 'always' | 'on-demand';
  readonly backOff: BackOff;
  /**
   * A process has ended that was not told to: answer what waited for it.
   * @returns The longest wait before the next start, ms; undefined leaves it to the back-off.
   */
  readonly onEnded: (reason: string, process: P) => number | undefined;
  readonly clock?: Clock | undefined;
}

/** Keeps one process running: starts it, and starts it again when it ends, for ever, later and later while that fails. */
export class Supervisor<P extends Supervised> {
  readonly #options: SupervisorOptions<P>;
  readonly #clock: Clock;
  /** All that have not ended, retired ones too. */
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

  /** The process that does the work now; undefined while the next one is waited for. */
  get current(): P | undefined {
    return this.#current;
  }

  /** Processes that ended without having been told to. */
  get restarts(): number {
    return this.#restarts;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sees to it that there is a process: at once, or when the back-off is over. */
  demand(): void {
    if (this.#isClosed || this.#current !== undefined || this.#planned !== undefined) return;
    const waitMs = this.#notBeforeMs - this.#clock.nowMs();
    if (waitMs <= 0) this.#start();
    else this.#plan(waitMs);
  }

  /** The process does what it is for: the next failure is the first of a new row. */
  reportHealthy(): void {
    this.#options.backOff.reset();
  }

  /** Ends the process of a part that needs none for now. The next `demand` starts another. */
  retire(): void {
    const process = this.#current;
    this.#current = undefined;
    process?.stop();
  }

  /** Starts nothing any more; what runs goes on until `close`. */
  giveUp(): void {
    this.#isClosed = true;
    this.#planned?.[Symbol.dispose]();
    this.#planned = undefined;
  }

  /** Ends every process. Resolves when all are gone. */
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
    // Set before anybody is told: who asks again from within waits, too.
    this.#notBeforeMs = this.#clock.nowMs() + waitMs;
    const mostMs = onEnded(reason, process) ?? waitMs;
    this.#notBeforeMs = Math.min(this.#notBeforeMs, this.#clock.nowMs() + mostMs);
    if (restart === 'always' && !this.#isClosed && this.#planned === undefined)
      this.#plan(Math.max(0, Math.min(waitMs, mostMs)));
  }
}
