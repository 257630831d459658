import type { WireWord } from '../../protocol/index.ts';
import { toBareWord } from './plain-text.ts';

/** Words to find, in lower case, and what is written in their place; nothing takes them out. */
export interface Replacement {
  readonly find: readonly string[];
  readonly put: string;
}

const REPLACEMENTS_MAX = 200;
const CHARS_MAX = 200;

/** Reads `replace=find:put` and `replace=find`. */
export function parseReplacements(values: readonly string[]): readonly Replacement[] {
  return values.slice(0, REPLACEMENTS_MAX).flatMap((value) => {
    const [find = '', ...put] = value.slice(0, CHARS_MAX).split(':');
    const words = find.split(/\s+/).map(toBareWord).filter(Boolean);
    return words.length === 0 ? [] : [{ find: words, put: put.join(':').trim() }];
  });
}

interface Spoken {
  readonly text: string;
  readonly words: readonly WireWord[];
}

/** Puts each replacement where its words were said, with their times and the marks around them. */
export function applyReplacements<T extends Spoken>(spoken: T, replacements: readonly Replacement[]): T {
  let { text, words } = spoken;
  for (const { find, put } of replacements) {
    const next: WireWord[] = [];
    let from = 0;
    for (let at = 0; at < words.length; at++) {
      const said = words.slice(at, at + find.length);
      if (said.length < find.length || !said.every((word, i) => toBareWord(word.text) === find[i])) {
        next.push(words[at]!);
        const own = placeOf(text, words.slice(at, at + 1), from);
        if (own !== undefined) from = own.to;
        continue;
      }
      const place = placeOf(text, said, from);
      const marked = put === '' ? '' : marksOf(said[0]!.text)[0] + put + marksOf(said.at(-1)!.text)[1];
      if (place !== undefined) {
        text = text.slice(0, place.from) + marked + text.slice(place.to);
        from = place.from + marked.length;
      }
      if (marked !== '') next.push({ ...said[0]!, text: marked, toMs: said.at(-1)!.toMs });
      at += find.length - 1;
    }
    words = next;
  }
  return { ...spoken, text: text.replace(/ {2,}/g, ' ').trim(), words };
}

/** Where these words stand in the text. */
function placeOf(text: string, words: readonly WireWord[], from: number): { from: number; to: number } | undefined {
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

const marksOf = (word: string): readonly [string, string] => [
  /^[^\p{L}\p{N}]*/u.exec(word.trim())![0],
  /[^\p{L}\p{N}]*$/u.exec(word.trim())![0],
];
