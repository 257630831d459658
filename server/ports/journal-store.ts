/** One write to a session's journal: stored whole, or not at all. */
export interface JournalEntry {
  /** Plain JSON. */
  readonly record: object;
  /** Audio as the client sent it. */
  readonly audio: Uint8Array;
}

/** Preserves one session beyond the end of the process. Every call may throw: full disk, no rights, a bound. */
export interface Journal {
  /** Bytes on disk now. */
  readonly bytes: number;
  /** Durable when it returns: a process killed afterwards will find the entry again. */
  append(entry: JournalEntry): void;
  /** Replaces everything with `entries`; a process killed meanwhile finds either the old or the new content. */
  replace(entries: readonly JournalEntry[]): void;
  /** Deletes it. Never throws. */
  remove(): void;
}

/** A journal that an earlier process left. */
export interface LeftoverJournal {
  readonly session: string;
  /** Time since its last write. */
  readonly ageMs: number;
  /** Processes that began with it and ended before they called `markStable`. */
  readonly tries: number;
  readonly journal: Journal;
  /** Counts a try, then reads the entries in the order they were written; none when nothing of it can be read. */
  readEntries(): readonly JournalEntry[];
  /** Records that this process has taken up the session and survived. */
  markStable(): void;
  /** Moves it where no later process takes it up, for an operator to inspect. Never throws. */
  setAside(): void;
}

/** Stores the journals of live sessions. */
export interface JournalStore {
  /** Creates a journal. May throw. */
  create(session: string): Journal;
  /** Journals that an earlier process left, one at a time. May throw. */
  listLeftovers(): Iterable<LeftoverJournal>;
  /** Bytes of all journals. */
  readonly bytes: number;
  /** Releases the store to another process. */
  close(): void;
}
