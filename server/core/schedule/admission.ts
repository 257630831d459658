import type { Load } from './load.ts';

/** Who is here, as far as it matters for who may come. */
export interface Occupancy {
  readonly live: number;
  /** Came in less than `COST_ESTIMATE_WINDOW_MS` ago, or has not begun: what they cost is not in the load yet. */
  readonly young: number;
}

/** How long a session's cost is expected instead of measured, ms. */
export const COST_ESTIMATE_WINDOW_MS = 10_000;

/** Share of the slots' time the finals of all may be expected to take; beyond it their waits grow quickly. */
const FINALS_BUSY_MAX = 0.75;
const FINALS_BUSY_OPEN = 0.65;
/** What finals wait on average, ms. */
const WAIT_MAX_MS = 400;
const WAIT_OPEN_MS = 200;
/** How long there must be room before the door opens again, ms. */
const CALM_MS = 2_000;
/** How much of the time somebody who speaks is heard. */
const SPEAKING = 0.8;

/** Decides by what is measured whether one more session would cost those that are here their latency. */
export class Admission {
  readonly #expected: number;
  #full = false;
  #crowdedMs = 0;

  /** `realTimeFactor`: what the start-up measurement says a second of speech costs, of all slots' time. */
  constructor(realTimeFactor: number) {
    this.#expected = realTimeFactor * SPEAKING;
  }

  /** With hysteresis: once full, it is so until there has been clearly room for a while. */
  refuses(load: Load, { live, young }: Occupancy, nowMs: number): boolean {
    if (live === 0) {
      this.#full = false;
      return false;
    }
    const each = Math.max(this.#expected, load.finalsBusy / Math.max(1, live - young));
    const after = load.finalsBusy + (young + 1) * (live > young ? each : this.#expected);
    const [busyMax, waitMax] = this.#full ? [FINALS_BUSY_OPEN, WAIT_OPEN_MS] : [FINALS_BUSY_MAX, WAIT_MAX_MS];
    if (after > busyMax || load.finalWaitMs > waitMax) {
      this.#full = true;
      this.#crowdedMs = nowMs;
    } else if (nowMs - this.#crowdedMs >= CALM_MS) this.#full = false;
    return this.#full;
  }
}
