/** A run of characters between spaces, with its place in the text. */
export interface Chunk {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** What is compared: lower case, without the punctuation around it. */
  readonly bare: string;
}

const UNSPACED: ReadonlySet<string> = new Set(['zh', 'ja', 'th', 'lo', 'my', 'km', 'yue']);
const LATIN_RUN_OR_CHARACTER = /[A-Za-z0-9]+(?:[.,:'’@/-][A-Za-z0-9]+)*|\S/gu;
/** Short words people stammer; "bye-bye" and "Baden-Baden" are words of their own. */
const STAMMERED =
  /^(i|we|he|she|it|you|they|the|th|a|an|and|but|so|to|in|of|my|is|was|w|wh|what|if)(?:-\1)+(?=\P{L}|$)/iu;

/** Whether words of this language are written without spaces; their unit here is the character. */
export const isUnspaced = (language: string): boolean => UNSPACED.has(language);

/** "I-I don't": one word, stammered; elsewhere the text as it is. */
export const removeStammer = (text: string): string => text.replace(STAMMERED, '$1');

/**
 * The part of a word that carries its meaning. In numbers and addresses that includes the signs inside: 12.5 is not 125,
 * and -5 is not 5.
 */
export function extractBareWord(text: string): string {
  const lower = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[’‘`´]/g, "'")
    .replace(/[−–—]/g, '-');
  if (/\p{N}/u.test(lower)) {
    const inner = lower
      .replace(/^[^\p{L}\p{N}$€£+-]+|[^\p{L}\p{N}%$€£]+$/gu, '')
      .replace(/(\d),(?=\d{3}(?!\d))/g, '$1');
    return /^[+-]\P{N}/u.test(inner) ? inner.slice(1) : inner;
  }
  if (/@|:\/\/|\p{L}{2}\.\p{L}{2}/u.test(lower)) return lower.replace(/^\P{L}+|[^\p{L}/]+$/gu, '');
  return lower.replace(/[^\p{L}\p{M}'%$€£+#]/gu, '').replace(/^'+|'+$/g, '');
}

/** Splits text into chunks: words between spaces, or characters where words are not spaced. Pure punctuation is dropped. */
export function splitIntoChunks(text: string, language: string): Chunk[] {
  const chunks: Chunk[] = [];
  for (const match of text.matchAll(isUnspaced(language) ? LATIN_RUN_OR_CHARACTER : /\S+/gu)) {
    const bare = extractBareWord(removeStammer(match[0]));
    if (bare !== '') chunks.push({ text: match[0], from: match.index, to: match.index + match[0].length, bare });
  }
  return chunks;
}
