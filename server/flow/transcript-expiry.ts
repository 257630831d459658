import { parseJson } from '../../protocol/index.ts';
import { errorCode } from '../core/errors/error-code.ts';
import { Retention } from '../core/transcript/retention.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { LastModified, TranscriptStore } from '../ports/transcripts.ts';

export interface TranscriptExpiryParts {
  readonly store: TranscriptStore;
  /** Transcripts unchanged for this many days are deleted; 0 means never. */
  readonly keepDays: number;
  /** Wall time, ms since 1970. */
  readonly nowMs: () => number;
  readonly clock: Clock;
  readonly log: Log;
}

const DAY_MS = 86_400_000;
/** How often old transcripts are searched for. */
const CHECK_INTERVAL_MS = 6 * 3_600_000;
/** The owner under which the server itself stores overdue transcripts: no key has a name with a space. */
const SERVER_OWNER = 'this server';
const OVERDUE_SETTING = 'overdue';

/** Deletes transcripts older than `keepDays`, as `Retention` decides; its records outlive the process. */
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
      const count = await this.#deleteOld();
      if (count > 0) log.info({ count, days: keepDays }, 'old transcripts were deleted');
    } catch (error) {
      if (!this.#isClosed) log.error({ code: errorCode(error) }, 'old transcripts could not be deleted');
    }
    if (!this.#isClosed) this.#timer = clock.setTimer(CHECK_INTERVAL_MS, () => void this.#run());
  }

  async #deleteOld(): Promise<number> {
    const { store, keepDays, nowMs, clock } = this.#parts;
    this.#retention ??= new Retention(keepDays, readOverdue(await store.readSetting(SERVER_OWNER, OVERDUE_SETTING)));
    const now = nowMs();
    const candidates = await store.listChangedOutside(now - keepDays * DAY_MS, now);
    const ids = new Set(this.#retention.findExpired(now, clock.nowMs(), candidates));
    const overdue: readonly LastModified[] = candidates.filter(({ id }) => ids.has(id));
    // Delete first to make room: on a full disk the records could not be written.
    const count = overdue.length === 0 ? 0 : await store.expire(overdue);
    await store.writeSetting(SERVER_OWNER, OVERDUE_SETTING, JSON.stringify(this.#retention.overdue));
    return count;
  }
}

/** Reads the records of an earlier process. A file that somebody has edited delays a deletion, no more. */
function readOverdue(text: string | undefined): ConstructorParameters<typeof Retention>[1] {
  try {
    const records = parseJson(text ?? '[]');
    return Array.isArray(records) ? records.filter((each) => typeof each === 'object' && each !== null) : [];
  } catch {
    return [];
  }
}
