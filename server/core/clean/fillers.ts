import { getOwnEntry } from '../../../protocol/index.ts';
import { extractBareWord } from './chunks.ts';

/**
 * Hesitation sounds without meaning, by language. Only sounds that are never words there: "um" and "er" are words in
 * German and Portuguese, so the list of one language says nothing about another. "mm" is missing because it is also a
 * unit. The most common ones come first.
 */
const FILLERS: Readonly<Record<string, readonly string[]>> = {
  en: ['um', 'uh', 'er', 'umm', 'ummm', 'uhh', 'uhhh', 'uhm', 'err', 'erm', 'hm', 'hmm', 'mmm', 'eh'],
  de: ['äh', 'ähm', 'hm', 'hmm', 'öh', 'öhm'],
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
  ru: ['э', 'эээ', 'ммм', 'ээ', 'хмм'],
  uk: ['еее', 'ммм', 'хмм'],
  cs: ['ehm', 'eee', 'mmm', 'hmm'],
  hu: ['öö', 'ööö', 'hmm'],
  tr: ['ıı', 'ııı', 'eee', 'hmm'],
  ko: ['음', '어음', '으음'],
};
const COMMON_FILLERS: readonly string[] = ['hmm', 'mmm', 'uhm'];

/**
 * Words that a language model may take for hesitations, because they are hesitations in English or because speakers fill pauses with
 * them. They stay. English has none: its guard knows where "so" and "like" may go.
 */
const WORDS_LIKE_FILLERS: Readonly<Record<string, readonly string[]>> = {
  de: ['um', 'er', 'so', 'also'],
  fr: ['bon', 'genre', 'quoi'],
  es: ['este', 'pues', 'bueno'],
  pt: ['um', 'tipo', 'né'],
  it: ['cioè', 'tipo', 'allora'],
  nl: ['er', 'dus', 'nou'],
  sv: ['er', 'alltså', 'liksom'],
  da: ['er', 'altså'],
  no: ['er', 'altså', 'liksom'],
  pl: ['no', 'znaczy'],
  ru: ['ну', 'вот'],
  tr: ['er', 'şey'],
  ja: ['その', 'まあ'],
  zh: ['那个', '就是'],
};

/** Hesitations written without spaces around them; the rules remove them only at the start of a phrase. */
const UNSPACED_FILLERS: Readonly<Record<string, readonly string[]>> = {
  ja: ['えーっと', 'えーと', 'えっと', 'ええと', 'あのー', 'えー', 'うーん'],
  zh: ['呃', '额', '嗯呃'],
  yue: ['呃'],
  th: ['เอ่อ', 'อืม'],
};

/** What a cleaner is told of a language: the sounds that go, and words like them that stay. */
export interface FillersToName {
  readonly hesitations: readonly string[];
  readonly words: readonly string[];
}

/** How many of each a cleaner is told. More would be read as a complete list. */
const NAMED_MAX = 3;

/** Examples of what is a hesitation in a language, and of what is none. `language` is an ISO 639-1 code. */
export function listFillers(language: string): FillersToName {
  const hesitations = getOwnEntry(FILLERS, language) ?? getOwnEntry(UNSPACED_FILLERS, language) ?? COMMON_FILLERS;
  return {
    hesitations: hesitations.slice(0, NAMED_MAX),
    words: (getOwnEntry(WORDS_LIKE_FILLERS, language) ?? []).slice(0, NAMED_MAX),
  };
}

/** Whether a word is a hesitation; capitals as in "ER" are not. */
export function isHesitation(text: string, language: string): boolean {
  return (
    (getOwnEntry(FILLERS, language) ?? COMMON_FILLERS).includes(extractBareWord(text)) &&
    !/^\P{L}*\p{Lu}{2}/u.test(text)
  );
}

/** Whether characters of an unspaced language, without punctuation, are only hesitations. */
export function areHesitations(characters: string, language: string): boolean {
  const fillers = getOwnEntry(UNSPACED_FILLERS, language) ?? COMMON_FILLERS;
  return fillers.reduce((left, each) => left.replaceAll(each, ''), characters) === '';
}

/** Removes hesitations at the start of phrases, with the comma after them. */
export function removeUnspacedFillers(text: string, language: string): string {
  const fillers = getOwnEntry(UNSPACED_FILLERS, language) ?? COMMON_FILLERS;
  return text.replace(new RegExp(`(^|[、。！？，\\s])(?:(?:${fillers.join('|')})+[、，…\\s]*)+`, 'gu'), '$1');
}
