/** One write to a session's journal: kept whole, or not at all. */
export interface JournalEntry {
  /** Plain JSON. */
  readonly record: object;
  /** Audio as the client sent it. */
  readonly audio: Uint8Array;
}

/** What keeps one session over the end of the process. Every call may throw: full disk, no rights, a bound. */
export interface Journal {
  /** Bytes it takes up now. */
  readonly bytes: number;
  /** Resolved when it returns: a process that is killed after it finds the entry again. */
  append(entry: JournalEntry): void;
  /** Puts `entries` in the place of all there was; a process that is killed in between finds one or the other. */
  replace(entries: readonly JournalEntry[]): void;
  /** Deletes it. Never throws. */
  remove(): void;
}

/** A journal that an earlier process left. */
export interface LeftoverJournal {
  readonly session: string;
  /** Since its last write. */
  readonly ageMs: number;
  /** Processes that began with it, and ended before they could say that they had `stood`. */
  readonly tries: number;
  readonly journal: Journal;
  /** Counts a try, then reads: entries in the order they were written, none when nothing of it can be read. */
  begin(): readonly JournalEntry[];
  /** This process has taken it up, and lives. */
  stood(): void;
  /** Puts it where no later process takes it up, for somebody to look at. Never throws. */
  setAside(): void;
}

/** Where the journals of live sessions lie. */
export interface JournalStore {
  /** Begins a journal. May throw. */
  open(session: string): Journal;
  /** What an earlier process left, one at a time. May throw. */
  left(): Iterable<LeftoverJournal>;
  /** Bytes of all journals. */
  readonly bytes: number;
  /** Lets another process have it. */
  close(): void;
}
