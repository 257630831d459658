import { Fault, LIMITS } from '../../protocol/index.ts';
import type { Clock } from '../ports/clock.ts';

/** Ends sessions that fell silent or lasted too long. */
export class SessionTimeouts {
  readonly #clock: Clock;
  readonly #onTimeout: (fault: Fault) => void;
  #idleTimer: Disposable | undefined;
  #durationTimer: Disposable | undefined;

  constructor(clock: Clock, onTimeout: (fault: Fault) => void) {
    this.#clock = clock;
    this.#onTimeout = onTimeout;
  }

  /** Starts the timers. Call `close` in the end, also after a start that has thrown. */
  start(): void {
    const minutes = LIMITS.sessionMinutesMax;
    this.#durationTimer = this.#clock.setTimer(minutes * 60_000, () =>
      this.#onTimeout(new Fault('session.long', { minutes })),
    );
    this.restartIdleTimer();
  }

  /** Restarts the idle timer, because a frame came. */
  restartIdleTimer(): void {
    this.#idleTimer?.[Symbol.dispose]();
    const seconds = LIMITS.idleTimeoutMs / 1000;
    this.#idleTimer = this.#clock.setTimer(LIMITS.idleTimeoutMs, () =>
      this.#onTimeout(new Fault('session.idle', { seconds })),
    );
  }

  /** Stops the idle timer: the server is not reading, the client has finished, or its connection is lost. */
  stopIdleTimer(): void {
    this.#idleTimer?.[Symbol.dispose]();
  }

  close(): void {
    for (const timer of [this.#idleTimer, this.#durationTimer]) timer?.[Symbol.dispose]();
  }
}
