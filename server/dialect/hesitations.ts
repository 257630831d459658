import type { WireWord } from '../../protocol/index.ts';
import { isHesitation } from '../core/clean/fillers.ts';

/** Removes "um" and "uh" from a sentence in progress. Text in languages without spaces stays as it is. */
export function removeHesitations(
  { text, words }: { readonly text: string; readonly words: readonly WireWord[] },
  language: string,
): { readonly text: string; readonly words: readonly WireWord[] } {
  if (!words.some((word) => isHesitation(word.text, language))) return { text, words };
  return {
    text: text
      .split(/(?<=\s)/)
      .filter((word) => !isHesitation(word, language))
      .join(''),
    words: words.filter((word) => !isHesitation(word.text, language)),
  };
}
