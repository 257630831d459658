import type { Hypothesis, Word } from '../../server/core/hypothesis.ts';

/** A decode to its end that is sure of these words, but for what is changed. */
export const sureHypothesis = (words: readonly Word[], change: Partial<Hypothesis> = {}): Hypothesis => ({
  words,
  language: 'en',
  languageProbability: 1,
  noSpeech: 0,
  averageLogProbability: -0.1,
  compressionRatio: 1,
  stop: 'end',
  decodeMs: 1,
  ...change,
});
