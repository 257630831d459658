import { endsSentence } from '../sentence/boundary.ts';
import { normaliseWord } from '../stable/words.ts';

export interface EndpointOptions {
  readonly minMs: number;
  readonly maxMs: number;
}

/** Words after which a speaker goes on: common ones of the languages that people dictate in most. */
const UNFINISHED: ReadonlySet<string> = new Set(
  (
    'and or but so because if when while that which who the a an of to in on at for with from by as than my your his ' +
    'her our their this these those is are was were will would can could should i we they he she it um uh er erm hmm ' +
    'und oder aber weil wenn dass der die das ein eine mit von zu im äh ähm ' +
    'et ou mais parce que si le la les un une des de du à dans pour avec euh ' +
    'y o pero porque el los las una con por para en eh ' +
    'e mas porque os as um uma com em do da'
  ).split(' '),
);

/**
 * A full stop after a word with less confidence than this is a guess: of 42 pauses below 0.6 s after which a decode read like a
 * finished sentence, those within a sentence had a last word of 0.26 to 0.7, those between two of 0.84 and more, with few
 * exceptions.
 */
const CONFIDENCE_MIN = 0.7;
const FINISHED = /[.?!。？！…]["'”’)\]]*$/u;
const OPEN = /[,;:，、；：–—-]["'”’)\]]*$|\.\.\.$|…$/u;

/** Whether a sentence that reads like this has ended, however short the pause behind it is: not after `Dr.` or `Well...`. */
export function isSureEnd(text: string, confidence: number, least: number): boolean {
  const trimmed = text.trim();
  const last = { text: trimmed.slice(trimmed.lastIndexOf(' ') + 1) };
  return endsSentence(last) && !OPEN.test(trimmed) && confidence >= least;
}

/**
 * How much silence ends a sentence that reads like this so far, ms: little after a finished sentence, much after a word that
 * nobody stops at, and in between otherwise or when there is no text. `confidence` is that of the last word, 0-1.
 */
export function computeEndpointWait(text: string, options: EndpointOptions, confidence = 1): number {
  const { minMs, maxMs } = options;
  const middle = minMs + (Math.max(minMs, maxMs) - minMs) * 0.4;
  const trimmed = text.trim();
  if (trimmed === '') return middle;
  const last = normaliseWord(trimmed.split(/\s+/).at(-1) ?? '');
  if (OPEN.test(trimmed) || UNFINISHED.has(last)) return Math.max(minMs, maxMs);
  return FINISHED.test(trimmed) && confidence >= CONFIDENCE_MIN ? minMs : middle;
}
