const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** East Asian characters that are twice as wide as a Latin letter in fixed-width text (Unicode's East Asian Width W and F). */
const WIDE =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Bopomofo}\p{sc=Yi}\u1100-\u115f\ua960-\ua97c\uac00-\ud7a3\u2329\u232a\u2ff0-\u303e\u309b-\u30ff\u3130-\u318e\u3190-\u33ff\u4dc0-\u4dff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b122}\u{1d300}-\u{1d376}]/u;
/** A grapheme that is drawn as one emoji: by itself, or because a variation selector asks for it. */
const EMOJI = /^\p{Emoji_Presentation}(?!\ufe0e)|^\p{Emoji}\ufe0f/u;
/** Marks above and below, characters without a shape, and the vowels and final consonants of a decomposed Korean syllable. */
const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff\ud7b0-\ud7fb]/u;

/** Characters as readers see them: a base with its marks, a flag, a joined emoji or a Korean syllable is one. */
export const splitIntoGraphemes = (text: string): string[] =>
  Array.from(GRAPHEMES.segment(text), ({ segment }) => segment);

/** Columns that a text takes in a terminal or on a caption line: 2 for a wide character or an emoji, 0 for a combining mark. */
export function countColumns(text: string): number {
  if (!/[\u0300-\uffff]/.test(text)) return text.length;
  let columns = 0;
  for (const grapheme of splitIntoGraphemes(text)) {
    if (EMOJI.test(grapheme)) columns += 2;
    else for (const character of grapheme) columns += countCharacterColumns(character);
  }
  return columns;
}

function countCharacterColumns(character: string): number {
  if (character < '\u0300') return 1;
  if (NO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
