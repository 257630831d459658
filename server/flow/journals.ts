import type { Journal, JournalStore, LeftoverJournal } from '../ports/journal-store.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import { SessionJournal, type SessionRecord } from './session-journal.ts';

/** The journals of a server's sessions. Whatever becomes of its store, sessions go on. */
export class Journals {
  readonly #store: JournalStore;
  readonly #log: Log;
  readonly #meter: Meter;
  readonly #nowMs: () => number;
  /** The log has said so. */
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

  /** Undefined when none can be kept now. */
  begin(birth: SessionRecord, frameBytes: number): SessionJournal | undefined {
    try {
      return this.#of(this.#store.open(birth.session), birth, frameBytes);
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  again({ journal }: LeftoverJournal, birth: SessionRecord, frameBytes: number): SessionJournal {
    return this.#of(journal, birth, frameBytes);
  }

  /** What an earlier process left, one at a time. */
  *left(): Iterable<LeftoverJournal> {
    try {
      yield* this.#store.left();
    } catch (error) {
      this.#failed(error);
    }
  }

  #of(journal: Journal, birth: SessionRecord, frameBytes: number): SessionJournal {
    const session = {};
    return new SessionJournal(journal, birth, frameBytes, {
      nowMs: this.#nowMs,
      written: () => {
        this.#failing.delete(session);
        this.#written();
      },
      failed: (error) => {
        this.#failing.add(session);
        this.#failed(error);
      },
      ended: () => void this.#failing.delete(session),
    });
  }

  /** While some sessions fit on the disk and others do not, nothing is well yet. */
  #written(): void {
    this.#meter.journal(this.#store.bytes);
    if (!this.#isFailing || this.#failing.size > 0) return;
    this.#isFailing = false;
    this.#log.info({}, 'sessions are journalled again');
  }

  /** One line for as long as it lasts: a full disk would fill the log, too. */
  #failed(error: unknown): void {
    this.#meter.unjournalled();
    if (this.#isFailing) return;
    this.#isFailing = true;
    const { code, message } = error as NodeJS.ErrnoException;
    this.#log.error(
      { code: code ?? message },
      'a journal cannot be written; sessions go on, but would not survive the end of this process; it is tried again',
    );
  }
}
