import { parseJson } from '../../protocol/index.ts';
import { errorCode } from '../core/errors/error-code.ts';
import { Retention } from '../core/transcript/retention.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { LastModified, TranscriptStore } from '../ports/transcripts.ts';

export interface TranscriptExpiryParts {
  readonly store: TranscriptStore;
  /** Transcripts that have not changed for so long are deleted; 0 is never. */
  readonly keepDays: number;
  /** Wall time, ms since 1970. */
  readonly nowMs: () => number;
  readonly clock: Clock;
  readonly log: Log;
}

const DAY_MS = 86_400_000;
/** How often old transcripts are looked for. */
const LOOK_EVERY_MS = 6 * 3_600_000;
/** Where the server itself keeps what is overdue: no key has a name with a blank. */
const SERVER = 'this server';
const OVERDUE = 'overdue';

/** Deletes what is older than `keepDays`, as `Retention` decides; its records outlive the process. */
export class TranscriptExpiry {
  readonly #parts: TranscriptExpiryParts;
  #retention: Retention | undefined;
  #timer: Disposable | undefined;
  #isClosed = false;

  constructor(parts: TranscriptExpiryParts) {
    this.#parts = parts;
    if (parts.keepDays > 0) void this.#run();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.[Symbol.dispose]();
  }

  async #run(): Promise<void> {
    const { keepDays, clock, log } = this.#parts;
    try {
      const count = await this.#look();
      if (count > 0) log.info({ count, days: keepDays }, 'old transcripts were deleted');
    } catch (error) {
      if (!this.#isClosed) log.error({ code: errorCode(error) }, 'old transcripts could not be deleted');
    }
    if (!this.#isClosed) this.#timer = clock.after(LOOK_EVERY_MS, () => void this.#run());
  }

  async #look(): Promise<number> {
    const { store, keepDays, nowMs, clock } = this.#parts;
    this.#retention ??= new Retention(keepDays, readOverdue(await store.setting(SERVER, OVERDUE)));
    const now = nowMs();
    const candidates = await store.changedOutside(now - keepDays * DAY_MS, now);
    const ids = new Set(this.#retention.look(now, clock.nowMs(), candidates));
    const old: readonly LastModified[] = candidates.filter(({ id }) => ids.has(id));
    // First what makes room: on a full disk the records cannot be written.
    const count = old.length === 0 ? 0 : await store.expire(old);
    await store.set(SERVER, OVERDUE, JSON.stringify(this.#retention.overdue));
    return count;
  }
}

/** What an earlier process wrote. A file that somebody has changed delays a deletion, and no more. */
function readOverdue(text: string | undefined): ConstructorParameters<typeof Retention>[1] {
  try {
    const records = parseJson(text ?? '[]');
    return Array.isArray(records) ? records.filter((each) => typeof each === 'object' && each !== null) : [];
  } catch {
    return [];
  }
}
