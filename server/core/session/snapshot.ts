import type { Word } from '../hypothesis.ts';
import type { LanguageSnapshot } from './language-selector.ts';
import type { SampleRange } from './outputs.ts';
import type { SessionSettings } from './settings.ts';
import type { SessionState } from './state.ts';
import type { TranslationSnapshot } from './translations.ts';

/**
 * Snapshots are written to the journal as JSON, and a newer version of the server reads what an older one wrote: the
 * names of their fields are a file format and stay as they are.
 */

/** A span of speech that was not final yet. What was decoded and not shown as stable is decoded again. */
export interface UtteranceSnapshot {
  /** Start of the open sentence, samples; so are all positions here. */
  readonly anchor: number;
  readonly lastVoice: number;
  readonly decodedTo: number;
  /** Where the speech ended; absent while it goes on. */
  readonly end?: number | undefined;
  /** Number of the open sentence, once something of it was shown. */
  readonly sentence?: number | undefined;
  readonly revision: number;
  readonly stable: readonly Word[];
  readonly hanging: string;
  /** The sentence before, of the same speech. */
  readonly last: readonly Word[];
  /** The span in which a language was detected and rejected. */
  readonly doubted?: { readonly from: number; readonly to: number } | undefined;
  /** Decodes that failed. */
  readonly retries: number;
  /** Set when it has ended and its last decode was wanted: how far that reaches. */
  readonly finalTo?: number | undefined;
}

export interface TrackSnapshot {
  /** Windows before this one have been judged and acted on. */
  readonly judged: number;
  readonly gate: 'closed' | 'open';
  readonly language: LanguageSnapshot;
  /** A sentence number given out and free again. */
  readonly spare?: number | undefined;
  /** Text that was announced as the rest of the speech. */
  readonly announced?: string | undefined;
  /** End of the last final word, while its gap is not reported. */
  readonly lastWord?: number | undefined;
  readonly utterances: readonly UtteranceSnapshot[];
}

/** A request to finalise what was said up to the sample `at`. */
export interface CutSnapshot {
  readonly at: number;
  /** Whether the client waits for `flushed`. */
  readonly answer: boolean;
  readonly id?: string | undefined;
  readonly carriedOut: boolean;
}

/** A final sentence that was being cleaned. */
export interface CleaningSnapshot {
  readonly sentence: number;
  /** Set when the text is that of a second hearing. */
  readonly revised?: true | undefined;
  readonly channel: number;
  readonly text: string;
  readonly language: string;
  readonly sound?: SampleRange | undefined;
}

/**
 * All a session needs to go on in another process, as plain JSON, when the audio from the sample `from` on is replayed to it.
 * Nothing is sent twice: windows before `judged` are replayed without being acted on. A second hearing is not among it: sentences
 * that wait for theirs keep the words they have.
 */
export interface SessionSnapshot {
  readonly state: SessionState;
  /** The first sample to be replayed, a multiple of a VAD window; in a closed session, the end of its audio. */
  readonly from: number;
  readonly settings: SessionSettings;
  readonly lagging: boolean;
  readonly sentences: number;
  readonly finals: number;
  readonly context: readonly string[];
  /** Of each text of the context. Not in journals of versions that heard one language. */
  readonly contextLanguages?: readonly string[] | undefined;
  /** In which Chinese is written. Not in journals of versions that wrote it as the model did. */
  readonly script?: 'Hans' | 'Hant' | undefined;
  readonly cleaning: readonly CleaningSnapshot[];
  /** Not in journals of versions that did not translate. */
  readonly translating?: readonly TranslationSnapshot[];
  readonly cuts: readonly CutSnapshot[];
  readonly tracks: readonly TrackSnapshot[];
}
