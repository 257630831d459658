import { endsSentence, findEndMark } from '../../../transcript/index.ts';
import type { Chunk } from './chunks.ts';

/** Number words. Spoken twice ("five five") they are two digits, not a disfluency. */
const NUMBER_WORDS: Readonly<Record<string, string>> = {
  en: 'zero oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion half quarter double triple first second third fourth fifth sixth seventh eighth ninth tenth twice once dozen',
  de: 'null ein eins zwei zwo drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig hundert tausend',
  fr: 'zéro un une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt trente quarante cinquante soixante cent mille',
  es: 'cero uno una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa cien ciento mil',
  it: 'zero uno una due tre quattro cinque sei sette otto nove dieci undici dodici venti trenta quaranta cinquanta sessanta settanta ottanta novanta cento mille',
  pt: 'zero um uma dois duas três quatro cinco seis sete oito nove dez onze doze vinte trinta quarenta cinquenta sessenta setenta oitenta noventa cem cento mil meia',
  nl: 'nul een één twee drie vier vijf zes zeven acht negen tien elf twaalf twintig dertig veertig vijftig zestig zeventig tachtig negentig honderd duizend',
};
const NUMBERS_BY_LANGUAGE = new Map(
  Object.entries(NUMBER_WORDS).map(([language, words]) => [language, new Set(words.split(' '))]),
);

const NEGATION =
  /^(no|not|never|none|nobody|nothing|nowhere|neither|nor|without|cannot|unless|except|hardly|barely|.*n't|dont|didnt|doesnt|wont|cant|isnt|wasnt|kein|keine|keinen|keiner|nicht|nichts|nie|niemals|ohne|ne|pas|jamais|rien|sans|nunca|jamás|nada|sin|não|nem|sem|non|mai|senza|niente|geen|niet|nooit|zonder|nie|bez|inte|aldrig|не|нет|ни|никогда)$/;

/** English words with little content, with which a speaker starts and breaks off without having said anything. */
const SMALL_WORDS: ReadonlySet<string> = new Set(
  (
    'i you he she it we they there this that these those is are was were be been am do does did have has had will would ' +
    "can could should may might must i'm i've i'd i'll you're you've he's she's it's that's there's we're we've we'll " +
    "they're the a an my your his her our their to of in on at for with from by and but or so if when what who which"
  ).split(' '),
);

/** Whether a bare word is a number, in digits or in words. */
export function isNumber(bare: string, language: string): boolean {
  if (/\p{N}/u.test(bare)) return true;
  return bare.split('-').some((part) => NUMBERS_BY_LANGUAGE.get(language)?.has(part));
}

export const isNegation = (bare: string): boolean => NEGATION.test(bare);

export const isSmallWord = (bare: string): boolean => SMALL_WORDS.has(bare);

/** Whether a word ends with a mark that may end a sentence; that of `Mr.` is one, too. */
export const hasEndMark = (text: string): boolean => findEndMark(text.replace(/」+$/u, '')) !== undefined;

/** Whether a sentence ends with this word: not with `Mr.` or the `21.` of a date. `next` is the word behind it. */
export const isSentenceEnd = (text: string, next: string | undefined, language: string): boolean =>
  next === undefined ? hasEndMark(text) : endsSentence({ text: text.replace(/」+$/u, '') }, { text: next }, language);

/**
 * Whether the word has a capital that its position does not explain. This includes German nouns, which are kept like
 * names.
 */
export function isProperName(text: string, before: string | undefined, language: string): boolean {
  return (
    /^\P{L}*\p{Lu}/u.test(text) &&
    !/^\P{L}*I(?:['’]\p{L}+)?\P{L}*$/u.test(text) &&
    before !== undefined &&
    !isSentenceEnd(before, text, language)
  );
}

/** The kind of word that must not be lost; undefined for an ordinary word. */
export function classifyProtectedWord(chunk: Chunk, before: Chunk | undefined, language: string): string | undefined {
  if (isNumber(chunk.bare, language)) return 'number';
  if (isNegation(chunk.bare)) return 'negation';
  return isProperName(chunk.text, before?.text, language) ? 'name' : undefined;
}
