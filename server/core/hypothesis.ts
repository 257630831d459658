/** One word of a decode. Positions are absolute samples of its channel's 16 kHz stream. */
export interface Word {
  /** Surface form with its punctuation, without the space before it. */
  readonly text: string;
  /** Whether a space stands before it (false inside Chinese, Japanese and Thai text). */
  readonly space: boolean;
  readonly from: number;
  readonly to: number;
  /** Geometric mean of the token probabilities, 0-1. */
  readonly confidence: number;
}

/** Why a decode ended. `repeat`, `budget` and `aborted` are cut short: their last words are doubtful. */
export type DecodeStop = 'end' | 'edge' | 'repeat' | 'budget' | 'aborted';

/** The result of decoding one span. */
export interface Hypothesis {
  readonly words: readonly Word[];
  /** ISO 639-1 code of the language spoken, as given or detected, also when the text is an English translation. */
  readonly language: string;
  /** Probability of that language, 0-1; 1 when the job fixed it. */
  readonly languageProbability: number;
  /** Probabilities of the languages that the job allowed, or of the five most probable; absent when the language was fixed. */
  readonly languageProbabilities?: Readonly<Record<string, number>> | undefined;
  /** Probability of the no-speech token, 0-1. */
  readonly noSpeech: number;
  /** Mean natural log probability of the decoded tokens; near 0 is certain, below -1 is doubtful. */
  readonly averageLogProbability: number;
  /** Length of the text over its deflated length; above 2.4 means repetition. */
  readonly compressionRatio: number;
  readonly stop: DecodeStop;
  /** Wall time the worker spent on it, ms. */
  readonly decodeMs: number;
}
