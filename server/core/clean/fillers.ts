/**
 * Sounds of hesitation that carry no meaning, by language. Only what is never a word there: "um" and "er" are words in
 * German and Portuguese, so a list of one language says nothing about another.
 */
const FILLERS: Readonly<Record<string, readonly string[]>> = {
  en: ['um', 'umm', 'uh', 'uhh', 'uhm', 'er', 'erm', 'hm', 'hmm', 'mm', 'mmm', 'eh'],
  de: ['äh', 'ähm', 'öh', 'öhm', 'hm', 'hmm', 'mm'],
  fr: ['euh', 'heu', 'hum', 'hmm', 'mmh'],
  es: ['eh', 'ehm', 'em', 'mmm', 'hmm'],
  pt: ['hã', 'hum', 'hmm', 'ahn'],
  it: ['ehm', 'uhm', 'mmm', 'hmm', 'eeh'],
  nl: ['eh', 'ehm', 'uh', 'uhm', 'hmm'],
  sv: ['öh', 'öhm', 'eh', 'hmm'],
  pl: ['yyy', 'eee', 'hmm'],
};

/** Hesitations written without spaces around them; removed only at the start of a phrase. */
export const UNSPACED_FILLERS: Readonly<Record<string, RegExp>> = {
  ja: /(^|[、。！？\s])(えーっと|えーと|えっと|ええと|あのー|えー|うーん)[、\s]*/gu,
  zh: /(^|[，。！？、\s])(呃+|嗯+呃+)[，、\s]*/gu,
};

const EVERYWHERE: readonly string[] = ['hmm', 'mmm', 'uhm'];

/** Whether a bare word is a hesitation in this language. */
export function isFiller(bare: string, language: string): boolean {
  return (FILLERS[language] ?? EVERYWHERE).includes(bare);
}
