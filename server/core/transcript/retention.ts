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
  /** Running time between the looks that found it so, ms. */
  readonly forMs: number;
}

const DAY_MS = 86_400_000;
/** A transcript changed at this moment may be dated a little after it, when the clock is being adjusted. */
const FUTURE_TOLERANCE_MS = 60_000;

/**
 * Decides which transcripts `--keep-days` deletes, so that a wall clock that jumps deletes nothing.
 *
 * A look at the wall clock proves nothing: a machine that starts with a wrong date, or is given one, would lose everything.
 * So a transcript is deleted only when every look over a day of running time has found it too old, the first and the last of
 * them at least a day apart by the monotonic clock. One look that does not find it too old, or finds it changed, begins its
 * day again. What a jump makes old by mistake therefore stays, unless the clock is wrong at every look for a whole day of
 * running time.
 *
 * The day is made up of the time between two looks of one process. The records of what is overdue may be stored and given
 * to the next process: they hold only durations that a monotonic clock has measured, which no wall clock can forge. So a
 * server that is restarted every day gets there, too, but the time a process runs after its last look is lost. Bounds, with
 * a look at the start and every 6 h: a server that runs on deletes a transcript 24 to 30 h after it became too old; one
 * that is started again each day after 8 h counts 6 h a day and takes four days. Processes that live for less than 6 h
 * delete nothing unless they look once more before they end.
 *
 * A transcript dated in the future, because it was written while the clock was wrong, becomes too old when it has been there
 * unchanged for all of `--keep-days` of running time.
 */
export class Retention {
  readonly #keepMs: number;
  #overdue: ReadonlyMap<string, OverdueRecord>;
  #lookMs: number | undefined;

  /** `keepDays` of 0 keeps everything for ever. `overdue` are the records of the process before. */
  constructor(keepDays: number, overdue: Iterable<OverdueRecord> = []) {
    this.#keepMs = keepDays * DAY_MS;
    this.#overdue = new Map([...overdue].filter(isSound).map((record) => [record.id, record]));
  }

  /** To be stored after each look. */
  get overdue(): readonly OverdueRecord[] {
    return [...this.#overdue.values()];
  }

  /**
   * Ids of the candidates to delete now. `candidates` are all transcripts, or at least all that `isOverdue`: one that is
   * left out counts as not overdue. `monotonicMs` may begin anywhere, but must not go back. One that could not be deleted
   * is named again at the next look.
   */
  look(nowWallMs: number, monotonicMs: number, candidates: Iterable<RetentionCandidate>): readonly string[] {
    const sinceMs = Math.max(0, monotonicMs - (this.#lookMs ?? monotonicMs));
    this.#lookMs = monotonicMs;
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

/** Records come from a file. */
const isSound = ({ id, changedMs, forMs }: OverdueRecord): boolean =>
  typeof id === 'string' && Number.isFinite(changedMs) && Number.isFinite(forMs) && forMs >= 0;
