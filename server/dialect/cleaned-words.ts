import type { Change, WireWord } from '../../protocol/index.ts';

/**
 * The words of a cleaned sentence, with the times of the spoken words they come from. What was inserted belongs to the
 * word it follows; a word of which nothing is left is gone.
 */
export function alignCleanedWords(raw: string, words: readonly WireWord[], changes: readonly Change[]): WireWord[] {
  const starts: number[] = [];
  let at = 0;
  for (const { text } of words) {
    const found = raw.indexOf(text.trim(), at);
    starts.push(found < 0 ? at : found);
    at = starts.at(-1)! + text.trim().length;
  }
  /** The word that holds a character, or the last before it. */
  const owner = (position: number): number =>
    Math.max(
      0,
      starts.findLastIndex((start) => start <= position),
    );
  const texts = words.map(() => '');
  const ends = words.map(({ toMs }) => toMs);
  let copied = 0;
  const copy = (to: number): void => {
    for (; copied < to; copied++) if (words.length > 0) texts[owner(copied)] += raw[copied]!;
  };
  for (const { from, to, text } of changes.toSorted((a, b) => a.from - b.from)) {
    copy(from);
    copied = Math.max(copied, to);
    if (text === '' || words.length === 0) continue;
    // An insertion at the end of a word hangs at that word.
    const first = owner(from === to ? from - 1 : from);
    texts[first] += text;
    ends[first] = Math.max(ends[first]!, ends[owner(Math.max(from, to - 1))]!);
  }
  copy(raw.length);
  return words.flatMap((word, i) => {
    const text = texts[i]!.trim();
    return text === '' ? [] : [{ ...word, text, toMs: ends[i]! }];
  });
}
