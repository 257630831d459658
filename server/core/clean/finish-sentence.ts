import { getOwnEntry } from '../../../protocol/index.ts';
import { extractBareWord } from './chunks.ts';
import { hasEndMark } from './meaning.ts';

/** Full stops other than ".". Thai and Lao sentences end with none. */
const FULL_STOPS: Readonly<Record<string, string>> = {
  ...{ zh: '。', ja: '。', yue: '。', hi: '।', mr: '।', ne: '।', bn: '।', as: '।', pa: '।', sa: '।', ur: '۔', hy: '։' },
  ...{ am: '።', my: '။', km: '។', bo: '།', th: '', lo: '' },
};

const QUESTION_START =
  /^(can|could|would|will|do|does|did|is|are|was|were|have|has|should) (i|you|he|she|it|we|they|there|this|that|these|those|the|my|your|our|his|her|their|anyone|anybody|someone)\b|^(what|where|when|why|how|who|which)('s|'re| (is|are|was|were|do|does|did|can|could|would|should)) (i|you|he|she|it|we|they|there|this|that|these|those|the|my|your|our|his|her|their)\b/i;

/**
 * Adds what a sentence with the right words still needs: a capital at the start, a full stop at the end, "I" for "i".
 */
export function finishSentence(text: string, language: string): string {
  const trimmed = text.replace(/^[,;:、，\s]+/, '').replace(/\s+([,.;:?!])(?=\s|$)/g, '$1');
  const capitalised = capitalise(language === 'en' ? capitaliseI(trimmed) : trimmed, language);
  // A sign without words ("♪") is not a sentence.
  if (hasEndMark(capitalised) || extractBareWord(capitalised) === '') return capitalised;
  const body = capitalised.replace(/[,;:、，\s]+$/, '');
  return body + (isQuestion(body, language) ? '?' : (getOwnEntry(FULL_STOPS, language) ?? '.'));
}

/** Capitalises the first letter, unless the word has its own spelling, like iPhone or an address. */
export function capitalise(text: string, language: string): string {
  const first = text.split(' ', 1)[0]!;
  if (/\p{Ll}\p{Lu}|@|:\/\/|\p{L}{2}\.\p{L}|^\p{L}\.\p{L}/u.test(first)) return text;
  return text.replace(
    /^(["'“‘«(¿¡]*)(\p{Ll})/u,
    (_, capitalised: string, letter: string) =>
      capitalised + letter.toLocaleUpperCase(/^(tr|az)$/.test(language) ? language : 'en'),
  );
}

const capitaliseI = (text: string): string =>
  text
    .split(' ')
    .map((word) => (/^["'“‘(]*i(['’](m|ve|d|ll))?[,;:?!…)"”’—–]*\.*$/.test(word) ? word.replace('i', 'I') : word))
    .join(' ');

/** Only if the first words say so, in one sentence without a comma; otherwise a full stop is the safe choice. */
const isQuestion = (text: string, language: string): boolean =>
  language === 'en' ? QUESTION_START.test(text) && !/[,.;:?!]\s/.test(text) : language === 'es' && text.startsWith('¿');
