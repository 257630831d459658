import type { EventOf } from '../../protocol/index.ts';
import { cutIntoTokens } from './word-tokens.ts';

export interface Logprob {
  /** A word with the space before it; a sentence's tokens joined are its text. */
  readonly token: string;
  /** UTF-8 of the token. */
  readonly bytes: readonly number[];
  /** Natural logarithm of the word's confidence. */
  readonly logprob: number;
}

/** Confidence 0 has no logarithm; the least there is in practice is above this. */
const CONFIDENCE_MIN = 1e-4;

export const toLogprob = (confidence: number): number => Math.log(Math.max(confidence, CONFIDENCE_MIN));

/** The words of a sentence with their log probabilities. `before` is the text that the sentence is appended to. */
export function buildLogprobs(
  { text, words }: Pick<EventOf<'final'>, 'text' | 'words'>,
  before: string,
): readonly Logprob[] {
  return cutIntoTokens(text, words, before).map(({ token, word: { confidence } }) => ({
    ...{ token, bytes: [...Buffer.from(token)], logprob: Math.round(toLogprob(confidence) * 1e4) / 1e4 },
  }));
}
