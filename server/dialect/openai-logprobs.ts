import type { EventOf } from '../../protocol/index.ts';
import { chooseSeparator } from '../../transcript/index.ts';

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
  const trimmed = text.trim();
  const pieces: { token: string; readonly confidence: number }[] = [];
  let at = 0;
  for (const { text: word, confidence } of words) {
    const found = trimmed.indexOf(word.trim(), at);
    if (found < 0) continue;
    const end = found + word.trim().length;
    pieces.push({ token: trimmed.slice(at, end), confidence });
    at = end;
  }
  const last = pieces.at(-1);
  if (last !== undefined) last.token += trimmed.slice(at);
  if (pieces[0] !== undefined) pieces[0].token = chooseSeparator(before, trimmed) + pieces[0].token;
  return pieces.map(({ token, confidence }) => ({
    ...{ token, bytes: [...Buffer.from(token)], logprob: Math.round(toLogprob(confidence) * 1e4) / 1e4 },
  }));
}
