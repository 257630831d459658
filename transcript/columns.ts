/** East Asian characters and emoji, which are twice as wide as a Latin letter in fixed-width text. */
const WIDE =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Hangul}\p{sc=Bopomofo}\p{sc=Yi}\p{Emoji_Presentation}\u3000-\u303e\u30a0-\u30ff\u31f0-\u31ff\u3200-\u33ff\uff01-\uff60\uffe0-\uffe6]/u;
const NARROW = /[\uff61-\uffdc]/u;
const NO_WIDTH = /[\p{M}\p{Cf}]/u;

/** Columns that a text takes in a terminal or on a caption line: 2 for a wide character, 0 for a combining mark. */
export function countColumns(text: string): number {
  let columns = 0;
  for (const character of text)
    columns +=
      character < '\u0300' ? 1 : NO_WIDTH.test(character) ? 0 : WIDE.test(character) && !NARROW.test(character) ? 2 : 1;
  return columns;
}
