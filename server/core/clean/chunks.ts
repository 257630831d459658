/** Characters between spaces, with their range in the text. */
export interface Chunk {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** The form used for comparison: lower case, without surrounding punctuation. */
  readonly bare: string;
}

const UNSPACED: ReadonlySet<string> = new Set(['zh', 'ja', 'th', 'lo', 'my', 'km', 'yue']);
const LATIN_RUN_OR_CHARACTER = /[A-Za-z0-9]+(?:[.,:'’@/-][A-Za-z0-9]+)*|\S/gu;
/** Short words people stammer; "bye-bye" and "Baden-Baden" are real words. */
const STAMMERED =
  /^(i|we|he|she|it|you|they|the|th|a|an|and|but|so|to|in|of|my|is|was|w|wh|what|if)(?:-\1)+(?=\P{L}|$)/iu;

/** Whether this language is written without spaces; then the unit is the character. */
export const isUnspaced = (language: string): boolean => UNSPACED.has(language);

/** "I-I don't" becomes "I don't"; other text is unchanged. */
export const removeStammer = (text: string): string => text.replace(STAMMERED, '$1');

/**
 * The part of a word that carries its meaning. In numbers and addresses that includes inner signs: 12.5 is not 125, and
 * -5 is not 5.
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

/** Splits text into chunks: words between spaces, or characters in unspaced languages. Pure punctuation is dropped. */
export function splitIntoChunks(text: string, language: string): Chunk[] {
  const chunks: Chunk[] = [];
  for (const match of text.matchAll(isUnspaced(language) ? LATIN_RUN_OR_CHARACTER : /\S+/gu)) {
    const bare = extractBareWord(removeStammer(match[0]));
    if (bare !== '') chunks.push({ text: match[0], from: match.index, to: match.index + match[0].length, bare });
  }
  return chunks;
}
