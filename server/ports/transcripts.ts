import type {
  KeptTranscript,
  NoteChange,
  SentenceChange,
  Summary,
  TranscriptChange,
  TranscriptListing,
  WireWord,
} from '../../protocol/index.ts';

/** What a session adds to its part of a transcript. Times are on the transcript's time line. */
export type Addition =
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
export interface Place {
  readonly transcript: string;
  /** From 1. */
  readonly part: number;
  /** Where the session begins on the transcript's time line. */
  readonly atMs: number;
}

/** The same, as the session's journal has it. */
export interface KeptPlace extends Place {
  readonly owner: string;
  /** Nobody asked for it, so nobody misses it when nothing was said. */
  readonly unasked: boolean;
}

/** A transcript with what only an export needs: the words of each sentence as spoken, by the sentence's name. */
export interface Stored {
  readonly transcript: KeptTranscript;
  readonly words: ReadonlyMap<string, readonly WireWord[]>;
}

export interface ListRequest {
  /** Folded words that must all be there, see `core/transcript/fold.ts`; none lists everything. */
  readonly words: readonly string[];
  readonly limit: number;
  /** `next` of the page before. */
  readonly before?: string | undefined;
}

export interface ListPage {
  readonly transcripts: readonly TranscriptListing[];
  readonly next?: string | undefined;
}

export type Outcome = 'done' | 'unknown' | 'full';

/**
 * Where transcripts are kept. `owner` is the key's id, and sees nothing of anybody else's. Every call may throw: full
 * disk, no rights, a broken file. What a call has written is there after the end of the process.
 */
export interface TranscriptStore {
  /** The new transcript's id; undefined when the owner has as many as one may have. */
  create(owner: string, of: { readonly title: string; readonly startedMs: number }): string | undefined;
  /** A session becomes the next part of a transcript. */
  join(owner: string, transcript: string, session: string): Place | 'unknown' | 'full';
  /**
   * Adds, all or nothing. What is there already stays as it is, so that anything may be added again. `unknown`: the
   * transcript has been deleted.
   */
  add(place: Place, additions: readonly Addition[]): Outcome;
  list(owner: string, request: ListRequest): ListPage;
  read(owner: string, transcript: string): Stored | undefined;
  change(owner: string, transcript: string, change: TranscriptChange): Outcome;
  /** `name` is PART.CHANNEL.SENTENCE. */
  mark(owner: string, transcript: string, name: string, change: SentenceChange): Outcome;
  note(owner: string, transcript: string, id: string, note: NoteChange): Outcome;
  unnote(owner: string, transcript: string, id: string): Outcome;
  summarise(owner: string, transcript: string, summary: Summary): Outcome;
  /** For good: nothing of it can be found in the file afterwards. */
  remove(owner: string, transcript: string): Outcome;
  /** Removes what was last changed before `beforeMs`, whoever owns it; returns how many. */
  expire(beforeMs: number): number;
  /** A text an owner has put down under a name; undefined when there is none. */
  setting(owner: string, name: string): string | undefined;
  set(owner: string, name: string, value: string | undefined): void;
  close(): void;
}
