/** Letters with a mark that Unicode does not take apart. */
const LETTERS: Readonly<Record<string, string>> = {
  ...{ œ: 'oe', Œ: 'OE', ø: 'o', Ø: 'O', æ: 'ae', Æ: 'AE', ß: 'ss', ẞ: 'SS', đ: 'd', Đ: 'D' },
  ...{ ð: 'd', Ð: 'D', þ: 'th', Þ: 'th', ł: 'l', Ł: 'L' },
};
const LETTER = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g');

/** Annotations such as `[laughs]`, `<unk>` and `(coughs)` are not speech. */
export const removeBracketed = (text: string): string =>
  text.replace(/[<[][^>\]]*[>\]]/g, '').replace(/\([^)]+?\)/g, '');

/** Marks, symbols and punctuation become spaces. */
export const replaceSymbols = (text: string): string => text.normalize('NFKC').replace(/[\p{M}\p{S}\p{P}]/gu, ' ');

/** The same, except that accents vanish without a space, and the signs that belong to numbers stay. */
export const replaceSymbolsAndAccents = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .replace(LETTER, (letter) => LETTERS[letter]!)
    .replace(/(?![.%$¢€£])[\p{M}\p{S}\p{P}]/gu, ' ');
