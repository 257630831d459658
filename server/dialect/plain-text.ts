/** A word without capitals or surrounding punctuation, for protocols without punctuation. */
export function toBareWord(word: string): string {
  return word.toLowerCase().replace(/^[^\p{L}\p{N}$€£%]+|[^\p{L}\p{N}$€£%]+$/gu, '');
}

/** A text of such words. Spaces stay as they are: some languages have none. */
export function toPlainText(text: string): string {
  const words = text.split(/(\s+)/).map((part) => (/\s/.test(part) ? ' ' : toBareWord(part)));
  return words.join('').replace(/ +/g, ' ').trim();
}

/** Scripts written without spaces, and their full stops. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}。！？]$/u;

/** The separator between `before` and the next sentence. */
export function chooseSeparator(before: string): '' | ' ' {
  return before === '' || UNSPACED.test(before) ? '' : ' ';
}

/** Joins sentences into one text. */
export function joinSentences(sentences: readonly string[]): string {
  let text = '';
  for (const sentence of sentences) if (sentence !== '') text += chooseSeparator(text) + sentence;
  return text;
}
