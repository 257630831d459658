import { removeBracketed, replaceSymbols } from './symbols.ts';

/** Languages that the paper scores in characters. Korean is not among them: it has spaces. */
const UNSPACED: ReadonlySet<string> = new Set(['zh', 'ja', 'th', 'lo', 'my', 'yue']);
const GRAPHEMES = new Intl.Segmenter('und', { granularity: 'grapheme' });

/**
 * Any other language as Whisper's published scoring compares it: lower case, without punctuation and annotations, in
 * characters where words are not spaced. Words, or characters, are separated by single spaces.
 */
export function normaliseBasic(text: string, language: string): string {
  const plain = replaceSymbols(removeBracketed(text.toLowerCase())).toLowerCase();
  const spaced = UNSPACED.has(language) ? [...GRAPHEMES.segment(plain)].map(({ segment }) => segment).join(' ') : plain;
  return spaced.replace(/\s+/g, ' ').trim();
}
