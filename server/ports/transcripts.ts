import type {
  NoteChange,
  SentenceChange,
  StoredTranscript,
  Summary,
  TranscriptChange,
  TranscriptListing,
  WireWord,
} from '../../protocol/index.ts';
import type { ExportFormat } from '../../transcript/index.ts';

/** What a session adds to its part of a transcript. Times are on the transcript's time line. */
export type TranscriptAddition =
  | {
      readonly kind: 'final';
      readonly channel: number;
      readonly sentence: number;
      readonly text: string;
      readonly words: readonly WireWord[];
      readonly language: string;
      readonly fromMs: number;
      readonly toMs: number;
    }
  | { readonly kind: 'cleaned'; readonly channel: number; readonly sentence: number; readonly text: string }
  | {
      readonly kind: 'translated';
      readonly channel: number;
      readonly sentence: number;
      readonly language: string;
      readonly text: string;
    }
  /** Audio of this part so far. */
  | { readonly kind: 'audio'; readonly audioMs: number };

/** A session's place in a transcript. */
export interface TranscriptPlace {
  readonly transcript: string;
  /** From 1. */
  readonly part: number;
  /** Where the session begins on the transcript's time line. */
  readonly atMs: number;
}

/** The same, as the session's journal has it. */
export interface StoredPlace extends TranscriptPlace {
  readonly owner: string;
  /** Nobody asked for it, so nobody misses it when nothing was said. */
  readonly unasked: boolean;
}

export interface ListRequest {
  /** Folded words that must all be there, see `core/transcript/search-text.ts`; none lists everything. */
  readonly words: readonly string[];
  readonly limit: number;
  /** `next` of the page before. */
  readonly before?: string | undefined;
}

export interface ListPage {
  readonly transcripts: readonly TranscriptListing[];
  readonly next?: string | undefined;
}

/**
 * What became of a change. `unknown`: there is nothing of that name. `full`: a count has reached its limit. `space`: the
 * bytes of the owner, or of all, have reached their bound; nothing was written.
 */
export type ChangeOutcome = 'done' | 'unknown' | 'full' | 'space';

/** A file made of a transcript. */
export interface ExportFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Bounds of what is kept, bytes; 0 is no bound. */
export interface TranscriptBounds {
  readonly bytesMax: number;
  readonly bytesPerOwnerMax: number;
}

/** When a transcript was last changed, ms since 1970. */
export interface LastModified {
  readonly id: string;
  readonly changedMs: number;
}

/**
 * What can be done with transcripts, wherever they are. `owner` is the key's id, and sees nothing of anybody else's. Every
 * call may throw: full disk, no rights, a broken file. What a call has written is there after the end of the process.
 */
export interface TranscriptCalls {
  /** The new transcript's id; `full` when the owner has as many as one may have. */
  create(
    owner: string,
    of: { readonly title: string; readonly startedMs: number },
  ): { readonly id: string } | 'full' | 'space';
  /** A session becomes the next part of a transcript. */
  join(owner: string, transcript: string, session: string): TranscriptPlace | 'unknown' | 'full';
  /** Takes back a `join` after which nothing was added. */
  unjoin(place: TranscriptPlace): void;
  /**
   * Adds, all or nothing, but for sentences beyond the limit (`full`). What is there already stays as it is, so that
   * anything may be added again. `unknown`: the transcript has been deleted.
   */
  add(place: TranscriptPlace, additions: readonly TranscriptAddition[]): ChangeOutcome;
  list(owner: string, request: ListRequest): ListPage;
  read(owner: string, transcript: string): StoredTranscript | undefined;
  /** The words of each sentence as spoken, by the sentence's name; only an export needs them. */
  words(owner: string, transcript: string): ReadonlyMap<string, readonly WireWord[]> | undefined;
  /** The transcript as JSON, UTF-8: for whoever passes it on unread. */
  document(owner: string, transcript: string): Uint8Array | undefined;
  export(owner: string, transcript: string, format: ExportFormat): ExportFile | undefined;
  change(owner: string, transcript: string, change: TranscriptChange): ChangeOutcome;
  /** `name` is PART.CHANNEL.SENTENCE. */
  mark(owner: string, transcript: string, name: string, change: SentenceChange): ChangeOutcome;
  note(owner: string, transcript: string, id: string, note: NoteChange): ChangeOutcome;
  unnote(owner: string, transcript: string, id: string): ChangeOutcome;
  summarise(owner: string, transcript: string, summary: Summary): ChangeOutcome;
  /** For good: nothing of it can be found in the file afterwards. */
  remove(owner: string, transcript: string): ChangeOutcome;
  /** Removes a transcript in which nothing was said and nothing noted. */
  removeEmpty(owner: string, transcript: string): void;
  /** Whatever was last changed before one moment or, by a clock that was wrong, after another, whoever owns it. */
  changedOutside(beforeMs: number, afterMs: number): readonly LastModified[];
  /** Removes what has not been changed since it was listed; returns how many. */
  expire(old: readonly LastModified[]): number;
  /** A text an owner has put down under a name; undefined when there is none. */
  setting(owner: string, name: string): string | undefined;
  set(owner: string, name: string, value: string | undefined): void;
}

/**
 * Where transcripts are kept, asked from a thread that must not wait. Calls are done in the order in which they are made,
 * but a long removal lets others in between its steps; each rejects as the call itself would throw, or with the code
 * `STORE_UNAVAILABLE` when there is nobody to do it or too many wait; then nothing is known of its effect.
 */
export type TranscriptStore = {
  readonly [Call in keyof TranscriptCalls]: (
    ...args: Parameters<TranscriptCalls[Call]>
  ) => Promise<ReturnType<TranscriptCalls[Call]>>;
} & {
  /** Resolves when all calls made so far are done and the file is closed. */
  close(): Promise<void>;
};
