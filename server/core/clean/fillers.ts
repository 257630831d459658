import { getOwnEntry } from '../../../protocol/index.ts';
import { extractBareWord } from './chunks.ts';

/**
 * Sounds of hesitation that carry no meaning, by language. Only what is never a word there: "um" and "er" are words in
 * German and Portuguese, so a list of one language says nothing about another. "mm" is missing: it is a unit, too.
 */
const FILLERS: Readonly<Record<string, readonly string[]>> = {
  en: ['um', 'umm', 'ummm', 'uh', 'uhh', 'uhhh', 'uhm', 'er', 'err', 'erm', 'hm', 'hmm', 'mmm', 'eh'],
  de: ['äh', 'ähm', 'öh', 'öhm', 'hm', 'hmm'],
  fr: ['euh', 'heu', 'hum', 'hmm', 'mmh'],
  es: ['eh', 'ehm', 'em', 'mmm', 'hmm'],
  pt: ['hã', 'hum', 'hmm', 'ahn'],
  it: ['ehm', 'uhm', 'mmm', 'hmm', 'eeh'],
  nl: ['eh', 'ehm', 'uh', 'uhm', 'hmm'],
  sv: ['öh', 'öhm', 'eh', 'hmm'],
  da: ['øh', 'øhm', 'hmm'],
  no: ['eh', 'øh', 'hmm'],
  fi: ['öö', 'hmm'],
  pl: ['yyy', 'eee', 'hmm'],
  ru: ['э', 'ээ', 'эээ', 'ммм', 'хмм'],
  ko: ['음', '어음', '으음'],
};
const EVERYWHERE: readonly string[] = ['hmm', 'mmm', 'uhm'];

/** Hesitations written without spaces around them; the rules take them only at the start of a phrase. */
const UNSPACED: Readonly<Record<string, readonly string[]>> = {
  ja: ['えーっと', 'えーと', 'えっと', 'ええと', 'あのー', 'えー', 'うーん'],
  zh: ['呃', '额', '嗯呃'],
  yue: ['呃'],
};

/** Whether a word is a hesitation; "ER" is a hospital's. */
export function isHesitation(text: string, language: string): boolean {
  return (
    (getOwnEntry(FILLERS, language) ?? EVERYWHERE).includes(extractBareWord(text)) && !/^\P{L}*\p{Lu}{2}/u.test(text)
  );
}

/** Whether characters of an unspaced language, without punctuation, are hesitations and nothing else. */
export function areHesitations(characters: string, language: string): boolean {
  const rest = (getOwnEntry(UNSPACED, language) ?? []).reduce((left, each) => left.replaceAll(each, ''), characters);
  return rest === '';
}

/** Takes hesitations from the start of phrases, with the comma behind them. */
export function removeUnspacedFillers(text: string, language: string): string {
  const fillers = getOwnEntry(UNSPACED, language);
  if (fillers === undefined) return text;
  return text.replace(new RegExp(`(^|[、。！？，\\s])(?:(?:${fillers.join('|')})+[、，…\\s]*)+`, 'gu'), '$1');
}
