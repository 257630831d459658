import type {
  AudioFormat,
  NoteChange,
  SentenceChange,
  StoredTranscript,
  Summary,
  TranscriptChange,
  TranscriptListing,
  WireWord,
} from '../../protocol/index.ts';
import type { ExportFormat, TextForm } from '../../transcript/index.ts';

/** The words that sentences became final with, or those of the sentences that a second hearing revised. */
export type Hearing = 'first' | 'revised';

/** What a session adds to its part of a transcript. Times are on the transcript's timeline. */
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
  /** Replaces the cleaning so far, which was of other words. */
  | {
      readonly kind: 'revised';
      readonly channel: number;
      readonly sentence: number;
      readonly text: string;
      readonly words: readonly WireWord[];
    }
  /** A later hearing heard what was heard first: removes the revision so far, and the cleaning, which was of it. */
  | { readonly kind: 'unrevised'; readonly channel: number; readonly sentence: number }
  | {
      readonly kind: 'cleaned';
      readonly channel: number;
      readonly sentence: number;
      readonly text: string;
      /** Set when it cleans the text of `revised`. */
      readonly revised?: true | undefined;
    }
  | {
      readonly kind: 'translated';
      readonly channel: number;
      readonly sentence: number;
      readonly language: string;
      readonly text: string;
    }
  /** Audio of this part so far. */
  | { readonly kind: 'audio'; readonly audioMs: number };

/** Audio of a session as its client sent it. */
export interface AudioChunk {
  readonly format: AudioFormat;
  /** Where it begins in the session: whole samples of each channel at the client's rate. */
  readonly fromFrame: number;
  /** Whole samples. */
  readonly bytes: Uint8Array;
  /** Nothing follows in this process. */
  readonly isLast: boolean;
}

/** `unknown`: the transcript has been deleted. `space`: a bound is reached. `unavailable`: audio cannot be encoded here, or not now. */
export type AudioOutcome = 'done' | 'unknown' | 'space' | 'unavailable';

/** A channel of a session of a transcript. */
export interface AudioStream {
  readonly part: number;
  readonly channel: number;
}

export interface AudioRange {
  readonly fromSecond: number;
  readonly seconds: number;
}

/** On the timeline of the transcript. */
export interface ClipRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A piece of kept audio as an Ogg Opus file; `outside`: it does not begin within what is kept, which lies between these. */
export type AudioClip =
  | { readonly kind: 'file'; readonly bytes: Uint8Array }
  | { readonly kind: 'outside'; readonly fromMs: number; readonly toMs: number };

/** In 16 kHz samples of the session. */
export interface SampleRange {
  readonly from: number;
  readonly to: number;
}

/** A session's place in a transcript. */
export interface TranscriptPlace {
  readonly transcript: string;
  /** From 1. */
  readonly part: number;
  /** Where the session begins on the transcript's timeline. */
  readonly atMs: number;
}

/** The same, as the session's journal stores it. */
export interface StoredPlace extends TranscriptPlace {
  readonly owner: string;
  /** The client did not ask for a transcript, so an empty one can be removed unnoticed. */
  readonly unasked: boolean;
  /** Its audio is kept, too. */
  readonly audio?: true | undefined;
}

export interface ListRequest {
  /** Folded words that must all occur, see `core/transcript/search-text.ts`; none lists everything. */
  readonly words: readonly string[];
  readonly limit: number;
  /** The previous page's `next`. */
  readonly before?: string | undefined;
}

export interface ListPage {
  readonly transcripts: readonly TranscriptListing[];
  readonly next?: string | undefined;
}

/**
 * Result of a change. `unknown`: nothing has that name. `full`: a count has reached its limit. `space`: the owner's
 * bytes, or all bytes, have reached their bound; nothing was written.
 */
export type ChangeOutcome = 'done' | 'unknown' | 'full' | 'space';

/** A file generated from a transcript. */
export interface ExportFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Bounds on stored bytes; 0 is unbounded. */
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
 * Operations on transcripts, wherever they are stored. `owner` is the key's id, and sees only its own transcripts.
 * Every call may throw: full disk, no rights, a broken file. What a call has written survives the end of the process.
 */
export interface TranscriptCalls {
  /** The new transcript's id; `full` when the owner has the maximum number of transcripts. */
  create(
    owner: string,
    of: { readonly title: string; readonly startedMs: number },
  ): { readonly id: string } | 'full' | 'space';
  /** Makes a session the next part of a transcript. */
  join(owner: string, transcript: string, session: string): TranscriptPlace | 'unknown' | 'full';
  /** Reverts a `join` after which nothing was added. */
  undoJoin(place: TranscriptPlace): void;
  /**
   * Adds all or nothing, except sentences beyond the limit (`full`). Existing content stays as it is, so adding the
   * same again is safe. `unknown`: the transcript has been deleted.
   */
  add(place: TranscriptPlace, additions: readonly TranscriptAddition[]): ChangeOutcome;
  /** Adds audio of a part, once: what is stored of it already stays. */
  addAudio(place: TranscriptPlace, chunk: AudioChunk): AudioOutcome;
  /** Seconds of a channel as pages of an Ogg Opus file; those of all seconds, one after the other, are the file. */
  readAudio(
    owner: string,
    transcript: string,
    stream: AudioStream,
    range: AudioRange,
  ): { readonly bytes: Uint8Array; readonly isLast: boolean } | undefined;
  /** A piece of a channel as a file; its end is cut at the end of what is kept. Undefined when nothing is. */
  readAudioClip(owner: string, transcript: string, stream: AudioStream, range: ClipRange): AudioClip | undefined;
  /** Samples of a channel, 16 kHz; silence where nothing is stored. */
  readSamples(owner: string, transcript: string, stream: AudioStream, range: SampleRange): Float32Array | undefined;
  list(owner: string, request: ListRequest): ListPage;
  read(owner: string, transcript: string): StoredTranscript | undefined;
  /** The words of each sentence with their times, by the sentence's name; only exports need them. Default: `first`. */
  readWords(owner: string, transcript: string, hearing?: Hearing): ReadonlyMap<string, readonly WireWord[]> | undefined;
  /** The transcript as JSON, UTF-8, to pass on without parsing. */
  readJson(owner: string, transcript: string): Uint8Array | undefined;
  export(owner: string, transcript: string, format: ExportFormat, form?: TextForm): ExportFile | undefined;
  update(owner: string, transcript: string, change: TranscriptChange): ChangeOutcome;
  /** `name` is PART.CHANNEL.SENTENCE. */
  updateSentence(owner: string, transcript: string, name: string, change: SentenceChange): ChangeOutcome;
  saveNote(owner: string, transcript: string, id: string, note: NoteChange): ChangeOutcome;
  deleteNote(owner: string, transcript: string, id: string): ChangeOutcome;
  saveSummary(owner: string, transcript: string, summary: Summary): ChangeOutcome;
  /** Deletes permanently: nothing of it can be found in the file afterwards. */
  remove(owner: string, transcript: string): ChangeOutcome;
  /** Removes a transcript without sentences or notes. */
  removeEmpty(owner: string, transcript: string): void;
  /** Transcripts of all owners last changed before `beforeMs` or, by a clock that was wrong, after `afterMs`. */
  listChangedOutside(beforeMs: number, afterMs: number): readonly LastModified[];
  /** Removes transcripts that have not changed since they were listed; returns how many. */
  expire(old: readonly LastModified[]): number;
  /** A text an owner stored under a name; undefined when there is none. */
  readSetting(owner: string, name: string): string | undefined;
  writeSetting(owner: string, name: string, value: string | undefined): void;
}

/**
 * Stores transcripts behind promises, for a thread that must not wait. Calls run in the order in which they are made,
 * but a long removal lets others in between its steps. Each rejects with what the call itself would throw, or with the
 * code `STORE_UNAVAILABLE` when the store is gone or too many calls wait; then its effect is unknown.
 */
export type TranscriptStore = {
  readonly [Call in keyof TranscriptCalls]: (
    ...args: Parameters<TranscriptCalls[Call]>
  ) => Promise<ReturnType<TranscriptCalls[Call]>>;
} & {
  /** Resolves when all calls made so far are done and the file is closed. */
  close(): Promise<void>;
};
