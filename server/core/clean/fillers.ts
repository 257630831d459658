import { getOwnEntry } from '../../../protocol/index.ts';
import { extractBareWord } from './chunks.ts';

/**
 * Hesitation sounds without meaning, by language. Only sounds that are never words there: "um" and "er" are words in
 * German and Portuguese, so the list of one language says nothing about another. "mm" is missing because it is also a
 * unit.
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
const COMMON_FILLERS: readonly string[] = ['hmm', 'mmm', 'uhm'];

/** Hesitations written without spaces around them; the rules remove them only at the start of a phrase. */
const UNSPACED_FILLERS: Readonly<Record<string, readonly string[]>> = {
  ja: ['えーっと', 'えーと', 'えっと', 'ええと', 'あのー', 'えー', 'うーん'],
  zh: ['呃', '额', '嗯呃'],
  yue: ['呃'],
};

/** Whether a word is a hesitation; capitals as in "ER" are not. */
export function isHesitation(text: string, language: string): boolean {
  return (
    (getOwnEntry(FILLERS, language) ?? COMMON_FILLERS).includes(extractBareWord(text)) &&
    !/^\P{L}*\p{Lu}{2}/u.test(text)
  );
}

/** Whether characters of an unspaced language, without punctuation, are only hesitations. */
export function areHesitations(characters: string, language: string): boolean {
  const rest = (getOwnEntry(UNSPACED_FILLERS, language) ?? []).reduce(
    (left, each) => left.replaceAll(each, ''),
    characters,
  );
  return rest === '';
}

/** Removes hesitations at the start of phrases, with the comma after them. */
export function removeUnspacedFillers(text: string, language: string): string {
  const fillers = getOwnEntry(UNSPACED_FILLERS, language);
  if (fillers === undefined) return text;
  return text.replace(new RegExp(`(^|[、。！？，\\s])(?:(?:${fillers.join('|')})+[、，…\\s]*)+`, 'gu'), '$1');
}
