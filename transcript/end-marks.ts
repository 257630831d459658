import { beginsSentence, type FullStop, readFullStop } from './abbreviations.ts';

/** Full stops, question and exclamation marks, also of Arabic, Hindi, Armenian, Amharic, Burmese, Khmer and Tibetan. */
const END_MARKS = '[.?!…。？！｡\\u061f\\u06d4\\u0964\\u0589\\u1362\\u104b\\u17d4\\u0f0d]';
const CLOSING = '["\'”’»)\\]]';
const ENDS = new RegExp(`${END_MARKS}${CLOSING}*$`, 'u');
const ALL_CLOSING = new RegExp(`${CLOSING}+$`, 'u');
const OPENING = /^["'“‘„«»(¿¡[]+/u;

/** The mark with which a word may end a sentence, with the quotation marks behind it; undefined when it has none. */
export const findEndMark = (text: string): string | undefined => ENDS.exec(text)?.[0];

/** How the punctuation of a word is to be read; `none` when it has none that may end a sentence. */
export function readEnd(text: string, language = 'auto'): FullStop | 'none' {
  if (!ENDS.test(text)) return 'none';
  const bare = text.replace(ALL_CLOSING, '').replace(OPENING, '');
  return /[^.]\.$/u.test(bare) ? readFullStop(bare, language) : 'end';
}

/**
 * Whether a sentence ends after this word: not after `Dr.`, `z. B.` or the `21.` of a date. `next` is the word after it; its
 * punctuation is settled only when that is known. `language` is an ISO 639-1 code, or `auto` where it is not known.
 */
export function endsSentence(
  { text }: { readonly text: string },
  next: { readonly text: string } | undefined,
  language = 'auto',
): boolean {
  switch (readEnd(text, language)) {
    case 'end':
      return true;
    case 'either':
    case 'ordinal':
      return next !== undefined && beginsSentence(next.text, language);
    case 'beforeNumber':
      return next === undefined || !/^\P{L}*\p{N}/u.test(next.text);
    default:
      return false;
  }
}
