import type { Load } from './load.ts';

/** The sessions a server has, as far as it matters for admitting another. */
export interface Occupancy {
  readonly live: number;
  /** Sessions admitted less than `COST_ESTIMATE_WINDOW_MS` ago, or not begun: their cost is not in the load yet. */
  readonly unmeasured: number;
}

/** How long a new session's cost is estimated instead of measured, ms. */
export const COST_ESTIMATE_WINDOW_MS = 10_000;

/** Share of the slots' time that all finals together may be expected to take, 0-1; beyond it their waits grow quickly. */
const FINALS_BUSY_MAX = 0.75;
const FINALS_BUSY_OPEN = 0.65;
/** Average wait of finals, ms. */
const WAIT_MAX_MS = 400;
const WAIT_OPEN_MS = 200;
/** How long there must be room before sessions are admitted again, ms. */
const CALM_MS = 2_000;
/** Share of a session's time that is speech. */
const SPEECH_SHARE = 0.8;

/** Decides from the measured load whether one more session would cost the existing ones their latency. */
export class Admission {
  readonly #expected: number;
  #full = false;
  #lastFullMs = 0;

  /** `realTimeFactor`: share of all slots' time that a second of speech costs, as measured at start-up. */
  constructor(realTimeFactor: number) {
    this.#expected = realTimeFactor * SPEECH_SHARE;
  }

  /** With hysteresis: a full server stays full until there has clearly been room for a while. */
  refuses(load: Load, { live, unmeasured }: Occupancy, nowMs: number): boolean {
    if (live === 0) {
      this.#full = false;
      return false;
    }
    const each = Math.max(this.#expected, load.finalsBusy / Math.max(1, live - unmeasured));
    const after = load.finalsBusy + (unmeasured + 1) * (live > unmeasured ? each : this.#expected);
    const [busyMax, waitMax] = this.#full ? [FINALS_BUSY_OPEN, WAIT_OPEN_MS] : [FINALS_BUSY_MAX, WAIT_MAX_MS];
    if (after > busyMax || load.finalWaitMs > waitMax) {
      this.#full = true;
      this.#lastFullMs = nowMs;
    } else if (nowMs - this.#lastFullMs >= CALM_MS) this.#full = false;
    return this.#full;
  }
}
