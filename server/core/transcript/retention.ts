/** A transcript that may have to be deleted. */
export interface RetentionCandidate {
  readonly id: string;
  /** When it was last changed, by the wall clock of that time, ms since 1970. */
  readonly changedMs: number;
}

/** How long a transcript has been found overdue without a break. Plain JSON, to be stored over restarts. */
export interface OverdueRecord {
  readonly id: string;
  readonly changedMs: number;
  /** Whether it was older than allowed by the wall clock, or dated after it. */
  readonly state: 'old' | 'future';
  /** Running time between the checks that found it so, ms. */
  readonly forMs: number;
}

const DAY_MS = 86_400_000;
/** A transcript that changes now may be dated slightly later while the clock is being adjusted. */
const FUTURE_TOLERANCE_MS = 60_000;

/**
 * Decides which transcripts `--keep-days` deletes, so that a wall clock that jumps deletes nothing.
 *
 * A single check against the wall clock proves nothing: a machine that starts with a wrong date, or is set to one, would lose
 * everything. So a transcript is deleted only when every check over a day of running time has found it too old, with the first and
 * the last check at least a day apart by the monotonic clock. A check that does not find it too old, or finds it changed, restarts
 * its day. What a clock jump makes old by mistake therefore stays, unless the clock is wrong at every check for a whole day of
 * running time.
 *
 * The day is the sum of the times between two checks of one process. The records of overdue transcripts can be stored and passed
 * to the next process: they hold only durations that a monotonic clock has measured, which no wall clock can forge. So a server
 * that restarts every day gets there, too; only the time that a process runs after its last check is lost. With a check at the
 * start and every 6 h, a server that keeps running deletes a transcript 24 to 30 h after it became too old; one that is started
 * every day for 8 h counts 6 h a day and takes four days. Processes that live for less than 6 h delete nothing unless they check
 * once more before they end.
 *
 * A transcript dated in the future, because it was written while the clock was wrong, becomes too old when it has stayed unchanged
 * for all of `--keep-days` of running time.
 */
export class Retention {
  readonly #keepMs: number;
  #overdue: ReadonlyMap<string, OverdueRecord>;
  #checkedMs: number | undefined;

  /** With `keepDays` 0, nothing is ever deleted. `overdue` are the records of the previous process. */
  constructor(keepDays: number, overdue: Iterable<OverdueRecord> = []) {
    this.#keepMs = keepDays * DAY_MS;
    this.#overdue = new Map([...overdue].filter(isSound).map((record) => [record.id, record]));
  }

  /** Records to store after each check. */
  get overdue(): readonly OverdueRecord[] {
    return [...this.#overdue.values()];
  }

  /**
   * Checks the candidates; returns the ids of those to delete now. `candidates` are all transcripts, or at least all for which
   * `isOverdue` is true: one that is missing counts as not overdue. `monotonicMs` may have any origin, but must not go back. A
   * transcript that could not be deleted is returned again by the next check.
   */
  findExpired(nowWallMs: number, monotonicMs: number, candidates: Iterable<RetentionCandidate>): readonly string[] {
    const sinceMs = Math.max(0, monotonicMs - (this.#checkedMs ?? monotonicMs));
    this.#checkedMs = monotonicMs;
    if (this.#keepMs === 0) return [];
    const overdue = new Map<string, OverdueRecord>();
    for (const { id, changedMs } of candidates) {
      const state = this.#stateOf(changedMs, nowWallMs);
      if (state === undefined) continue;
      const before = this.#overdue.get(id);
      const goesOn = before !== undefined && before.state === state && before.changedMs === changedMs;
      overdue.set(id, { id, changedMs, state, forMs: goesOn ? before.forMs + sinceMs : 0 });
    }
    this.#overdue = overdue;
    return [...overdue.values()].filter((record) => record.forMs >= this.#neededMs(record)).map(({ id }) => id);
  }

  /** Whether a transcript changed at `changedMs` is too old, or dated in the future, by this wall clock. */
  isOverdue(changedMs: number, nowWallMs: number): boolean {
    return this.#keepMs > 0 && this.#stateOf(changedMs, nowWallMs) !== undefined;
  }

  #stateOf(changedMs: number, nowWallMs: number): OverdueRecord['state'] | undefined {
    if (nowWallMs - changedMs > this.#keepMs) return 'old';
    return changedMs > nowWallMs + FUTURE_TOLERANCE_MS ? 'future' : undefined;
  }

  #neededMs({ state }: OverdueRecord): number {
    return state === 'old' ? DAY_MS : Math.max(DAY_MS, this.#keepMs);
  }
}

/** The records come from a file. */
const isSound = ({ id, changedMs, forMs }: OverdueRecord): boolean =>
  typeof id === 'string' && Number.isFinite(changedMs) && Number.isFinite(forMs) && forMs >= 0;
