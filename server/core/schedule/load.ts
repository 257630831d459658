/** The load of a server, as measured over the last seconds. */
export interface Load {
  /** Average time from the request for a partial to its start, ms. */
  readonly partialWaitMs: number;
  /** The same for finals, ms; the wait of the oldest one still waiting, if that is longer. */
  readonly finalWaitMs: number;
  /** Shares of all slots' time, 0-1. */
  readonly partialsBusy: number;
  readonly finalsBusy: number;
  /** Average wall time of a partial decode, ms. */
  readonly partialMs: number;
  /** The same of a final. */
  readonly finalMs: number;
  /** Sessions that asked for a decode in the last two seconds. */
  readonly speakers: number;
}

type Kind = 'partial' | 'final';

/** Number of jobs that waits and decode times are averaged over. */
const AVERAGE_OVER = 8;
/** Time constant of the average of a share of time, ms. */
const BUSY_OVER_MS = 3_000;
const SPEAKING_MS = 2_000;

/** Computes the `Load` from what happens to jobs. It has no clock: the caller passes the time. */
export class LoadGauge {
  readonly #slots: number;
  readonly #wait = { partial: 0, final: 0 };
  readonly #busy = { partial: 0, final: 0 };
  readonly #running = { partial: 0, final: 0 };
  /** Slot time since the last reading, ms. */
  readonly #area = { partial: 0, final: 0 };
  readonly #started = { partial: 0, final: 0 };
  readonly #spoke = new Map<string, number>();
  readonly #tookMs = { partial: 0, final: 0 };
  #summedMs = 0;
  #readMs = 0;

  constructor(slots: number) {
    this.#slots = Math.max(1, slots);
  }

  recordRequest(session: string, nowMs: number): void {
    this.#spoke.set(session, nowMs);
  }

  removeSession(session: string): void {
    this.#spoke.delete(session);
  }

  recordStart(kind: Kind, waitMs: number, nowMs: number): void {
    this.#sum(nowMs);
    this.#running[kind]++;
    this.#started[kind]++;
    this.#wait[kind] += (waitMs - this.#wait[kind]) / AVERAGE_OVER;
  }

  /** A decode that was `aborted` says nothing about the cost of one. */
  recordEnd(kind: Kind, tookMs: number, how: 'whole' | 'aborted', nowMs: number): void {
    this.#sum(nowMs);
    this.#running[kind]--;
    if (how === 'aborted') return;
    const before = this.#tookMs[kind];
    this.#tookMs[kind] = before === 0 ? tookMs : before + (tookMs - before) / AVERAGE_OVER;
  }

  /** `oldest`: how long the oldest waiting job of each kind has waited, ms; 0 when none waits. */
  readLoad(oldest: Readonly<Record<Kind, number>>, nowMs: number): Load {
    this.#sum(nowMs);
    const pastMs = nowMs - this.#readMs;
    this.#readMs = nowMs;
    for (const kind of ['partial', 'final'] as const) {
      const share = pastMs > 0 ? this.#area[kind] / pastMs / this.#slots : this.#busy[kind];
      this.#busy[kind] += (share - this.#busy[kind]) * (1 - Math.exp(-pastMs / BUSY_OVER_MS));
      this.#area[kind] = 0;
      // Nothing was started and nothing waits, so the average wait decays.
      if (this.#started[kind] === 0 && oldest[kind] === 0) this.#wait[kind] *= 1 - 1 / AVERAGE_OVER;
      this.#started[kind] = 0;
    }
    for (const [session, atMs] of this.#spoke) if (nowMs - atMs > SPEAKING_MS) this.#spoke.delete(session);
    return {
      partialWaitMs: Math.max(this.#wait.partial, oldest.partial),
      finalWaitMs: Math.max(this.#wait.final, oldest.final),
      partialsBusy: this.#busy.partial,
      finalsBusy: this.#busy.final,
      partialMs: this.#tookMs.partial,
      finalMs: this.#tookMs.final,
      speakers: this.#spoke.size,
    };
  }

  #sum(nowMs: number): void {
    const pastMs = nowMs - this.#summedMs;
    this.#summedMs = nowMs;
    for (const kind of ['partial', 'final'] as const) this.#area[kind] += this.#running[kind] * pastMs;
  }
}

/** How often a live stream decodes each second of speech in all: for its finals, and for partials at a slow cadence. */
const DECODES_PER_STREAM = 2;

/**
 * How many live streams this machine can carry, at least one. A decode that runs alone costs `realTimeFactor` seconds a second
 * on all cores; concurrent decodes run on one core each and lose little.
 */
export function estimateStreamCapacity(realTimeFactor: number): number {
  return Math.max(1, Math.floor(1 / (realTimeFactor * DECODES_PER_STREAM)));
}
