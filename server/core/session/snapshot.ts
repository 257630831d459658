import type { Word } from '../hypothesis.ts';
import type { LanguageSnapshot } from './language-selector.ts';
import type { SampleRange } from './outputs.ts';
import type { SessionSettings } from './settings.ts';
import type { SessionState } from './state.ts';
import type { TranslationSnapshot } from './translations.ts';

/** A span of speech that was not final yet. What was decoded and not shown as stable is decoded again. */
export interface UtteranceSnapshot {
  readonly anchor: number;
  readonly lastVoice: number;
  readonly decodedTo: number;
  readonly end?: number | undefined;
  readonly sentence?: number | undefined;
  readonly revision: number;
  readonly stable: readonly Word[];
  readonly hanging: string;
  readonly last: readonly Word[];
  readonly doubted?: { readonly from: number; readonly to: number } | undefined;
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
  readonly utterances: readonly UtteranceSnapshot[];
}

export interface CutSnapshot {
  readonly at: number;
  readonly answer: boolean;
  readonly id?: string | undefined;
  readonly carriedOut: boolean;
}

export interface CleaningSnapshot {
  readonly sentence: number;
  readonly channel: number;
  readonly text: string;
  readonly language: string;
  readonly sound?: SampleRange | undefined;
}

/**
 * All a session needs to go on in another process, as plain JSON, when it is given the audio from the sample `from` on
 * again. Nothing that was told is told twice: windows before `judged` are only looked at again.
 */
export interface SessionSnapshot {
  readonly state: SessionState;
  /** The first sample to be heard again; a multiple of a VAD window. In a closed session, the last sample heard. */
  readonly from: number;
  readonly settings: SessionSettings;
  readonly lagging: boolean;
  readonly sentences: number;
  readonly finals: number;
  readonly context: readonly string[];
  readonly cleaning: readonly CleaningSnapshot[];
  /** Not in journals of versions that did not translate. */
  readonly translating?: readonly TranslationSnapshot[];
  readonly cuts: readonly CutSnapshot[];
  readonly tracks: readonly TrackSnapshot[];
}
