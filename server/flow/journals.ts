import { errorCode } from '../core/errors/error-code.ts';
import type { Journal, JournalStore, LeftoverJournal } from '../ports/journal-store.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import { SessionJournal, type SessionRecord } from './session-journal.ts';

/** The journals of a server's sessions. Whatever happens to the store, sessions go on. */
export class Journals {
  readonly #store: JournalStore;
  readonly #log: Log;
  readonly #meter: Meter;
  readonly #nowMs: () => number;
  /** The failure has been logged. */
  #isFailing = false;
  /** Sessions whose journal cannot be written now. */
  readonly #failing = new Set<object>();

  /** `nowMs` is monotonic. */
  constructor(store: JournalStore, log: Log, meter: Meter, nowMs: () => number = () => performance.now()) {
    this.#store = store;
    this.#log = log;
    this.#meter = meter;
    this.#nowMs = nowMs;
  }

  /** Undefined when no journal can be written now. */
  create(sessionRecord: SessionRecord, frameBytes: number): SessionJournal | undefined {
    try {
      return this.#createJournal(this.#store.create(sessionRecord.session), sessionRecord, frameBytes);
    } catch (error) {
      this.#onFailure(error);
      return undefined;
    }
  }

  reopen({ journal }: LeftoverJournal, sessionRecord: SessionRecord, frameBytes: number): SessionJournal {
    return this.#createJournal(journal, sessionRecord, frameBytes);
  }

  /** Journals that an earlier process left, one at a time. */
  *listLeftovers(): Iterable<LeftoverJournal> {
    try {
      yield* this.#store.listLeftovers();
    } catch (error) {
      this.#onFailure(error);
    }
  }

  #createJournal(journal: Journal, sessionRecord: SessionRecord, frameBytes: number): SessionJournal {
    const session = {};
    return new SessionJournal(journal, sessionRecord, frameBytes, {
      nowMs: this.#nowMs,
      onWritten: () => {
        this.#failing.delete(session);
        this.#onWritten();
      },
      onFailure: (error) => {
        this.#failing.add(session);
        this.#onFailure(error);
      },
      onClosed: () => void this.#failing.delete(session),
    });
  }

  /** While some sessions fit on the disk and others do not, the store still counts as failing. */
  #onWritten(): void {
    this.#meter.journal(this.#store.bytes);
    if (!this.#isFailing || this.#failing.size > 0) return;
    this.#isFailing = false;
    this.#log.info({}, 'sessions are journalled again');
  }

  /** Logs one line for as long as the failure lasts: otherwise a full disk would fill the log, too. */
  #onFailure(error: unknown): void {
    this.#meter.unjournalled();
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#log.error(
      { code: errorCode(error) },
      'a journal cannot be written; sessions go on, but would not survive the end of this process; retrying',
    );
  }
}
