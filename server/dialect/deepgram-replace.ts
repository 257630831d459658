import type { WireWord } from '../../protocol/index.ts';
import { toBareWord } from './plain-text.ts';

/** Words to find, in lower case, and their replacement; an empty one removes them. */
export interface Replacement {
  readonly find: readonly string[];
  readonly replacement: string;
}

const REPLACEMENTS_MAX = 200;
const CHARS_MAX = 200;

/** Parses `replace=find:put` and `replace=find`. */
export function parseReplacements(values: readonly string[]): readonly Replacement[] {
  return values.slice(0, REPLACEMENTS_MAX).flatMap((value) => {
    const [find = '', ...replacement] = value.slice(0, CHARS_MAX).split(':');
    const words = find.split(/\s+/).map(toBareWord).filter(Boolean);
    return words.length === 0 ? [] : [{ find: words, replacement: replacement.join(':').trim() }];
  });
}

interface SpokenText {
  readonly text: string;
  readonly words: readonly WireWord[];
}

/** Replaces words where they were spoken, keeping their times and the punctuation around them. */
export function applyReplacements<T extends SpokenText>(spoken: T, replacements: readonly Replacement[]): T {
  let { text, words } = spoken;
  for (const { find, replacement } of replacements) {
    const next: WireWord[] = [];
    let from = 0;
    for (let index = 0; index < words.length; index++) {
      const candidate = words.slice(index, index + find.length);
      if (candidate.length < find.length || !candidate.every((word, i) => toBareWord(word.text) === find[i])) {
        next.push(words[index]!);
        const wordRange = findRange(text, words.slice(index, index + 1), from);
        if (wordRange !== undefined) from = wordRange.to;
        continue;
      }
      const range = findRange(text, candidate, from);
      const marked =
        replacement === '' ? '' : readMarks(candidate[0]!.text)[0] + replacement + readMarks(candidate.at(-1)!.text)[1];
      if (range !== undefined) {
        text = text.slice(0, range.from) + marked + text.slice(range.to);
        from = range.from + marked.length;
      }
      if (marked !== '') next.push({ ...candidate[0]!, text: marked, toMs: candidate.at(-1)!.toMs });
      index += find.length - 1;
    }
    words = next;
  }
  return { ...spoken, text: text.replace(/ {2,}/g, ' ').trim(), words };
}

/** Where these words are in the text. */
function findRange(text: string, words: readonly WireWord[], from: number): { from: number; to: number } | undefined {
  const first = text.indexOf(words[0]!.text.trim(), from);
  if (first < 0) return undefined;
  let to = first;
  for (const word of words) {
    const at = text.indexOf(word.text.trim(), to);
    if (at < 0) return undefined;
    to = at + word.text.trim().length;
  }
  return { from: first, to };
}

const readMarks = (word: string): readonly [string, string] => [
  /^[^\p{L}\p{N}]*/u.exec(word.trim())![0],
  /[^\p{L}\p{N}]*$/u.exec(word.trim())![0],
];
