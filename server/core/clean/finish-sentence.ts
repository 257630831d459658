import { getOwnEntry } from '../../../protocol/index.ts';
import { extractBareWord } from './chunks.ts';
import { endsSentence } from './meaning.ts';

/** Full stops that are not ".". Thai and Lao sentences end with nothing. */
const STOPS: Readonly<Record<string, string>> = {
  ...{ zh: '。', ja: '。', yue: '。', hi: '।', mr: '।', ne: '।', bn: '।', as: '।', pa: '।', sa: '।', ur: '۔', hy: '։' },
  ...{ am: '።', my: '။', km: '។', bo: '།', th: '', lo: '' },
};

const ASKING =
  /^(can|could|would|will|do|does|did|is|are|was|were|have|has|should) (i|you|he|she|it|we|they|there|this|that|these|those|the|my|your|our|his|her|their|anyone|anybody|someone)\b|^(what|where|when|why|how|who|which)('s|'re| (is|are|was|were|do|does|did|can|could|would|should)) (i|you|he|she|it|we|they|there|this|that|these|those|the|my|your|our|his|her|their)\b/i;

/** A capital in front, a full stop behind, "I" for "i": what a sentence needs when its words are right. */
export function finishSentence(text: string, language: string): string {
  const trimmed = text.replace(/^[,;:、，\s]+/, '').replace(/\s+([,.;:?!])(?=\s|$)/g, '$1');
  const open = capitalise(language === 'en' ? withCapitalI(trimmed) : trimmed, language);
  // A sign without words ("♪") is nobody's sentence.
  if (endsSentence(open) || extractBareWord(open) === '' || /[।።။།։]$/.test(open)) return open;
  const body = open.replace(/[,;:、，\s]+$/, '');
  return body + (isQuestion(body, language) ? '?' : (getOwnEntry(STOPS, language) ?? '.'));
}

/** The text with its first letter large, unless it is a word of its own spelling: iPhone, an address. */
export function capitalise(text: string, language: string): string {
  const first = text.split(' ', 1)[0]!;
  if (/\p{Ll}\p{Lu}|@|:\/\/|\p{L}{2}\.\p{L}|^\p{L}\.\p{L}/u.test(first)) return text;
  return text.replace(
    /^(["'“‘«(¿¡]*)(\p{Ll})/u,
    (_, open: string, letter: string) => open + letter.toLocaleUpperCase(/^(tr|az)$/.test(language) ? language : 'en'),
  );
}

const withCapitalI = (text: string): string =>
  text
    .split(' ')
    .map((word) => (/^["'“‘(]*i(['’](m|ve|d|ll))?[,;:?!…)"”’—–]*\.*$/.test(word) ? word.replace('i', 'I') : word))
    .join(' ');

/** Only where the first words say so, in one sentence without a comma; else a full stop is the safe choice. */
const isQuestion = (text: string, language: string): boolean =>
  language === 'en' ? ASKING.test(text) && !/[,.;:?!]\s/.test(text) : language === 'es' && text.startsWith('¿');
