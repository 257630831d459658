/** A word without capitals or surrounding punctuation, for protocols without punctuation. */
export function toBareWord(word: string): string {
  return word.toLowerCase().replace(/^[^\p{L}\p{N}$€£%]+|[^\p{L}\p{N}$€£%]+$/gu, '');
}

/** Punctuation of Chinese and Japanese, which stands between words without a space. */
const UNSPACED_PUNCTUATION = /[、。，．！？；：「」『』（）《》〈〉【】]+/gu;

/** A text of such words. Spaces stay as they are: some languages have none. */
export function toPlainText(text: string): string {
  const words = text
    .replace(UNSPACED_PUNCTUATION, '')
    .split(/(\s+)/)
    .map((part) => (/\s/.test(part) ? ' ' : toBareWord(part)));
  return words.join('').replace(/ +/g, ' ').trim();
}
