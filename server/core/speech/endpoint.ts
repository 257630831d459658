import { getOwnEntry } from '../../../protocol/index.ts';
import { endsSentence, readEnd } from '../sentence/boundary.ts';
import { normaliseWord } from '../stable/words.ts';

export interface EndpointOptions {
  readonly minMs: number;
  readonly maxMs: number;
}

const toSet = (words: string): ReadonlySet<string> => new Set(words.split(' '));

/** Words after which a speaker goes on: common ones of the languages that people dictate in most, and hesitations. */
const UNFINISHED: Readonly<Record<string, ReadonlySet<string>>> = {
  en: toSet(
    'and or but so because if when while that which who the a an of to in on at for with from by as than my your his ' +
      'her our their this these those is are was were will would can could should i we they he she it um uh er erm hmm',
  ),
  de: toSet('und oder aber weil wenn dass der die das ein eine mit von zu im äh ähm'),
  fr: toSet('et ou mais parce que si le la les un une des de du à dans pour avec euh'),
  es: toSet('y o pero porque que el la los las un una de con por para en eh'),
  pt: toSet('e mas porque que o a os as um uma com em de do da'),
  it: toSet('e o ma perché che il lo la i gli le un una di con per in ehm'),
  nl: toSet('en of maar omdat als dat de het een van met voor in eh'),
  pl: toSet('i lub ale bo że żeby z w na do od po'),
};
/** Of a text whose language is not known yet. */
const UNFINISHED_ANYWHERE: ReadonlySet<string> = new Set(Object.values(UNFINISHED).flatMap((words) => [...words]));

/**
 * A full stop after a word with less confidence than this is a guess: of 42 pauses below 0.6 s after which a decode read like a
 * finished sentence, those within a sentence had a last word of 0.26 to 0.7, those between two of 0.84 and more, with few
 * exceptions.
 */
const CONFIDENCE_MIN = 0.7;
const OPEN = /[,;:，、；：–—-]["'”’)\]]*$|\.\.\.$|…$/u;

/**
 * Whether a sentence that reads like this has ended, however short the pause behind it is: not after `Dr.` or `Well...`.
 * `language` is an ISO 639-1 code, or `auto` where it is not known.
 */
export function isSureEnd(text: string, confidence: number, least: number, language = 'auto'): boolean {
  const trimmed = text.trim();
  return endsSentence({ text: lastWord(trimmed) }, undefined, language) && !OPEN.test(trimmed) && confidence >= least;
}

/**
 * How much silence ends a sentence that reads like this so far, ms: little after a finished sentence, much after a word that
 * nobody stops at, and in between otherwise or when there is no text. `confidence` is that of the last word, 0-1.
 */
export function computeEndpointWait(text: string, options: EndpointOptions, confidence = 1, language = 'auto'): number {
  const { minMs, maxMs } = options;
  const middle = minMs + (Math.max(minMs, maxMs) - minMs) * 0.4;
  const trimmed = text.trim();
  if (trimmed === '') return middle;
  const last = lastWord(trimmed);
  const end = readEnd(last, language);
  const unfinished = getOwnEntry(UNFINISHED, language) ?? UNFINISHED_ANYWHERE;
  const isOpen = OPEN.test(trimmed) || end === 'leading' || unfinished.has(normaliseWord(last));
  if (isOpen) return Math.max(minMs, maxMs);
  return (end === 'end' || end === 'beforeNumber') && confidence >= CONFIDENCE_MIN ? minMs : middle;
}

const lastWord = (text: string): string => text.split(/\s+/).at(-1) ?? '';
