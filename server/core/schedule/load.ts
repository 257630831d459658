/** What a server is doing, from what was measured in the last seconds. */
export interface Load {
  /** From asking for a partial to its start, ms, averaged. */
  readonly partialWaitMs: number;
  /** From asking for a final to its start, ms: averaged, or that of the oldest still waiting when it is more. */
  readonly finalWaitMs: number;
  /** Shares of all slots' time, 0-1. */
  readonly partialsBusy: number;
  readonly finalsBusy: number;
  /** Wall time of a partial decode, ms, averaged. */
  readonly partialMs: number;
  /** Sessions that asked for a decode in the last two seconds. */
  readonly speakers: number;
}

type Kind = 'partial' | 'final';

/** Jobs a wait or a decode time is averaged over. */
const AVERAGE_OVER = 8;
/** Seconds' worth of the past in a share of time: the time constant of its average, ms. */
const BUSY_OVER_MS = 3_000;
const SPEAKING_MS = 2_000;

/** Turns what happens to jobs into a `Load`. Knows no clock: whoever calls says what time it is. */
export class LoadGauge {
  readonly #slots: number;
  readonly #wait = { partial: 0, final: 0 };
  readonly #busy = { partial: 0, final: 0 };
  readonly #running = { partial: 0, final: 0 };
  /** Slot time since the last reading, ms. */
  readonly #area = { partial: 0, final: 0 };
  readonly #started = { partial: 0, final: 0 };
  readonly #spoke = new Map<string, number>();
  #partialMs = 0;
  #summedMs = 0;
  #readMs = 0;

  constructor(slots: number) {
    this.#slots = Math.max(1, slots);
  }

  asked(session: string, nowMs: number): void {
    this.#spoke.set(session, nowMs);
  }

  left(session: string): void {
    this.#spoke.delete(session);
  }

  started(kind: Kind, waitMs: number, nowMs: number): void {
    this.#sum(nowMs);
    this.#running[kind]++;
    this.#started[kind]++;
    this.#wait[kind] += (waitMs - this.#wait[kind]) / AVERAGE_OVER;
  }

  /** `how`: a decode that was cut short says nothing of what one costs. */
  ended(kind: Kind, tookMs: number, how: 'whole' | 'aborted', nowMs: number): void {
    this.#sum(nowMs);
    this.#running[kind]--;
    if (kind === 'final' || how === 'aborted') return;
    this.#partialMs += this.#partialMs === 0 ? tookMs : (tookMs - this.#partialMs) / AVERAGE_OVER;
  }

  /** `oldest`: how long the oldest waiting job of each kind has waited, ms; 0 when none waits. */
  read(oldest: Readonly<Record<Kind, number>>, nowMs: number): Load {
    this.#sum(nowMs);
    const pastMs = nowMs - this.#readMs;
    this.#readMs = nowMs;
    for (const kind of ['partial', 'final'] as const) {
      const share = pastMs > 0 ? this.#area[kind] / pastMs / this.#slots : this.#busy[kind];
      this.#busy[kind] += (share - this.#busy[kind]) * (1 - Math.exp(-pastMs / BUSY_OVER_MS));
      this.#area[kind] = 0;
      // Nothing started and nothing waits: nobody waits any longer.
      if (this.#started[kind] === 0 && oldest[kind] === 0) this.#wait[kind] *= 1 - 1 / AVERAGE_OVER;
      this.#started[kind] = 0;
    }
    for (const [session, atMs] of this.#spoke) if (nowMs - atMs > SPEAKING_MS) this.#spoke.delete(session);
    return {
      partialWaitMs: Math.max(this.#wait.partial, oldest.partial),
      finalWaitMs: Math.max(this.#wait.final, oldest.final),
      partialsBusy: this.#busy.partial,
      finalsBusy: this.#busy.final,
      partialMs: this.#partialMs,
      speakers: this.#spoke.size,
    };
  }

  #sum(nowMs: number): void {
    const pastMs = nowMs - this.#summedMs;
    this.#summedMs = nowMs;
    for (const kind of ['partial', 'final'] as const) this.#area[kind] += this.#running[kind] * pastMs;
  }
}

/** Decodes of the same second of speech a live stream costs in all: its finals, and partials at a slow cadence. */
const DECODES_PER_STREAM = 2;

/**
 * How many live streams this machine carries: decoding costs `realTimeFactor` seconds a second on all cores when
 * alone; competing decodes run one a core and lose little. At least one, however slow the machine.
 */
export function estimateStreamCapacity(realTimeFactor: number): number {
  return Math.max(1, Math.floor(1 / (realTimeFactor * DECODES_PER_STREAM)));
}
