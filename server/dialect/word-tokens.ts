import type { WireWord } from '../../protocol/index.ts';
import { chooseSeparator } from '../../transcript/index.ts';

/** A word with the space before it. */
export interface WordToken {
  readonly token: string;
  readonly word: WireWord;
}

/**
 * Cuts a sentence into its words, with everything that stands around them: the tokens joined are the text. `before` is the text
 * that the sentence is appended to. A word that the text does not have is skipped.
 */
export function cutIntoTokens(text: string, words: readonly WireWord[], before: string): readonly WordToken[] {
  const trimmed = text.trim();
  const pieces: { token: string; readonly word: WireWord }[] = [];
  let at = 0;
  for (const word of words) {
    const bare = word.text.trim();
    const found = trimmed.indexOf(bare, at);
    if (found < 0) continue;
    pieces.push({ token: trimmed.slice(at, found + bare.length), word });
    at = found + bare.length;
  }
  const last = pieces.at(-1);
  if (last !== undefined) last.token += trimmed.slice(at);
  if (pieces[0] !== undefined) pieces[0].token = chooseSeparator(before, trimmed) + pieces[0].token;
  return pieces;
}
