/** A run of characters between spaces, with its place in the text. */
export interface Chunk {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** What is compared: lower case, without punctuation. */
  readonly bare: string;
}

const UNSPACED: ReadonlySet<string> = new Set(['zh', 'ja', 'th', 'lo', 'my', 'km', 'yue']);

/** Whether words of this language are written without spaces; their unit here is the character. */
export const isUnspaced = (language: string): boolean => UNSPACED.has(language);

export function bareWord(text: string): string {
  return text
    .toLowerCase()
    .replace(/[’‘`´]/g, "'")
    .replace(/[^\p{L}\p{N}'%$€£+]/gu, '')
    .replace(/^'+|'+$/g, '');
}

/** Splits text into chunks: words between spaces, or characters where words are not spaced. Pure punctuation is dropped. */
export function chunksOf(text: string, language: string): Chunk[] {
  const pattern = isUnspaced(language) ? /[A-Za-z0-9]+|[^\s]/gu : /\S+/gu;
  const chunks: Chunk[] = [];
  for (const match of text.matchAll(pattern)) {
    // "I-I" is one word, stammered.
    const bare = bareWord(match[0].replace(/^(\p{L}+)-\1(?=\P{L}|$)/iu, '$1'));
    if (bare !== '') chunks.push({ text: match[0], from: match.index, to: match.index + match[0].length, bare });
  }
  return chunks;
}
