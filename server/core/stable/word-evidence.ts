import type { Word } from '../hypothesis.ts';
import { SAMPLE_RATE } from '../time.ts';
import { normaliseWord } from './words.ts';

/** The evidence for one word in a decode of a growing span. */
export interface WordEvidence {
  /** Geometric mean of its tokens' probabilities, 0-1. */
  readonly confidence: number;
  /** The lowest confidence among it and the words before it that are not stable yet: an error rarely comes alone. */
  readonly leastConfidence: number;
  /** Decodes in a row before this one that heard it at about the same time. */
  readonly repeats: number;
  /** From its end to the end of the audio, s. */
  readonly behindS: number;
  /** Length of the audio, s. */
  readonly spanS: number;
}

/** Weights of a logistic regression: the constant, then those of `toRegressionTerms` in their order. */
type Weights = readonly [number, number, number, number, number, number];

/** Whether a decode of the whole recording has the word too. `bench -- trust` fits both, and prints how well they separate. */
const RIGHT: Weights = [0.97, 0.62, 0.55, 0.58, 0.16, -0.44];
/** Whether the final of its sentence will have it. */
const STAYS: Weights = [0.88, 0.54, 0.64, 1.21, 1.19, -0.3];

/** Values beyond these add no evidence. */
const REPEATS_MAX = 4;
const BEHIND_MAX_S = 2;

/** Probability that the word is what was said, as far as this model can recognise it. */
export const estimateCorrectness = (evidence: WordEvidence): number => chance(evidence, RIGHT);

/** Probability that the word will not be taken back if it is shown now. */
export const estimatePermanence = (evidence: WordEvidence): number => chance(evidence, STAYS);

/** The evidence as numbers whose weighted sum models the logarithm of the odds. */
export function toRegressionTerms(evidence: WordEvidence): readonly number[] {
  return [
    logit(evidence.confidence),
    logit(evidence.leastConfidence),
    Math.min(evidence.repeats, REPEATS_MAX),
    Math.min(evidence.behindS, BEHIND_MAX_S),
    Math.log(Math.max(evidence.spanS, 0.1)),
  ];
}

function chance(evidence: WordEvidence, [base, ...weights]: Weights): number {
  const sum = toRegressionTerms(evidence).reduce((so, term, i) => so + term * weights[i]!, base);
  return 1 / (1 + Math.exp(-sum));
}

function logit(probability: number): number {
  const inside = Math.min(Math.max(probability, 0.001), 0.999);
  return Math.log(inside / (1 - inside));
}

/** A word of a decode, and how many decodes in a row before it had the same word. */
export interface MatchedWord {
  readonly word: Word;
  readonly repeats: number;
}

/** How far the middles of one word may lie apart in two decodes: times jitter by up to 0.3 s. */
const JITTER = 0.4 * SAMPLE_RATE;

/** Finds the words of a decode again in the previous one, in order and each once: an additional copy counts as new. */
export function matchPreviousDecode(words: readonly Word[], before: readonly MatchedWord[]): readonly MatchedWord[] {
  let next = 0;
  return words.map((word) => {
    const at = before.findIndex(
      (old, i) => i >= next && normaliseWord(old.word.text) === normaliseWord(word.text) && isNear(old.word, word),
    );
    if (at < 0) return { word, repeats: 0 };
    next = at + 1;
    return { word, repeats: before[at]!.repeats + 1 };
  });
}

const isNear = (a: Word, b: Word): boolean => Math.abs(a.from + a.to - b.from - b.to) < 2 * JITTER;

/** The evidence for each word after the first `known`, in a decode of the audio from `from` to `edge`; samples. */
export function collectEvidence(
  words: readonly MatchedWord[],
  known: number,
  { from, edge }: { readonly from: number; readonly edge: number },
): readonly WordEvidence[] {
  let leastConfidence = 1;
  return words.slice(known).map(({ word, repeats }) => {
    leastConfidence = Math.min(leastConfidence, word.confidence);
    return {
      confidence: word.confidence,
      leastConfidence,
      repeats: repeats,
      behindS: (edge - word.to) / SAMPLE_RATE,
      spanS: (edge - from) / SAMPLE_RATE,
    };
  });
}
