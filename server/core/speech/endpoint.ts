import { getOwnEntry } from '../../../protocol/index.ts';
import { endsSentence, readEnd } from '../sentence/boundary.ts';
import { normaliseWord } from '../stable/words.ts';

export interface EndpointOptions {
  readonly minMs: number;
  readonly maxMs: number;
  /** How much silence ends speech where the turn detector hears that the speaker is done; default `minMs`. */
  readonly completeMs?: number | undefined;
  /** The same where it hears that the speaker goes on; default `maxMs`. */
  readonly incompleteMs?: number | undefined;
  /** How sure it must be that the speaker is done, 0.5-1; default `END_CONFIDENCE`. Scales every wait. */
  readonly confidence?: number | undefined;
  /** From this confidence on a likely end is announced, 0.3-0.9; undefined announces none. */
  readonly eagerConfidence?: number | undefined;
  /** Audio without a new word that ends speech, whatever the confidence and the VAD say; default 5 s of silence. */
  readonly gapMs?: number | undefined;
}

/**
 * How the turn detector's answer and the text make one score, the higher the likelier the speaker is done, and what follows from it.
 * Log odds are natural; those of 0 and 1 are taken as those of 0.01 and 0.99.
 */
export interface TurnWeights {
  /** Weight of the log odds of the turn detector's probability. */
  readonly sound: number;
  /** Weight of the log odds of the confidence of a last word with a full stop or the like. */
  readonly confidence: number;
  /** Score of a last word that nobody stops at, or with a comma. */
  readonly open: number;
  /** Score of any other last word without punctuation. */
  readonly bare: number;
  /** From this score on the speaker is surely done. */
  readonly sure: number;
  /** From this score on the speaker is likely done. */
  readonly complete: number;
  /** Below this score the speaker goes on. */
  readonly incomplete: number;
}

/** How the open sentence reads and sounds so far. */
export interface Reading {
  readonly text: string;
  /** Confidence of its last word, 0-1; undefined where the text is not that of a decode up to the pause. */
  readonly confidence: number | undefined;
  /** How likely the speaker is done by the sound of it, 0-1; undefined where the turn detector has not answered. */
  readonly turnEnd?: number | undefined;
  /** ISO 639-1 code; undefined while no language is known. */
  readonly language?: string | undefined;
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
/**
 * How far the wait of a speaker who is likely done lies between the shortest and the longest: with the default bounds, 384 ms. Of 15
 * false ends after 250 ms, three had such a score, and the speaker went on after 320 to 384 ms.
 */
const LIKELY_SHARE = 0.12;
/** The same where neither text nor sound tells. */
const MIDDLE_SHARE = 0.4;
const OPEN = /[,;:，、；：–—-]["'”’)\]]*$|\.\.\.$|…$/u;

/**
 * Whether a sentence that reads like this has ended, however short the pause behind it is: not after `Dr.` or `Well...`.
 * `language` is an ISO 639-1 code, or `auto` where it is not known.
 */
export function isSureEnd(text: string, confidence: number, least: number, language = 'auto'): boolean {
  const trimmed = text.trim();
  return endsSentence({ text: lastWord(trimmed) }, undefined, language) && !OPEN.test(trimmed) && confidence >= least;
}

/** How a sentence reads so far: `open` after a word that nobody stops at or a comma, `finished` after a full stop or the like. */
type Ending = 'none' | 'open' | 'bare' | 'finished';

/**
 * How much silence ends speech that reads and sounds like this so far, ms. By its text: little after a finished sentence, much after
 * a word that nobody stops at, and in between otherwise or when there is no text. Where the turn detector has answered, too, and the
 * speech up to the pause is decoded, both together decide.
 */
export function computeEndpointWait(reading: Reading, options: EndpointOptions, weights?: TurnWeights): number {
  const { minMs } = options;
  const maxMs = Math.max(minMs, options.maxMs);
  const middleMs = minMs + (maxMs - minMs) * MIDDLE_SHARE;
  const { confidence, turnEnd } = reading;
  const ending = findEnding(reading.text, reading.language);
  if (turnEnd === undefined || weights === undefined) {
    if (ending === 'finished') return (confidence ?? 1) >= CONFIDENCE_MIN ? minMs : middleMs;
    return ending === 'open' ? maxMs : middleMs;
  }
  // A decode is on its way that the final needs anyway: deciding before it is there would gain nothing.
  if (ending === 'none' || confidence === undefined) return ending === 'open' ? maxMs : middleMs;
  const score = scoreTurn(ending, confidence, turnEnd, weights);
  if (score >= weights.sure) return Math.min(minMs, options.completeMs ?? minMs);
  if (score >= weights.complete) return minMs + (maxMs - minMs) * LIKELY_SHARE;
  return score >= weights.incomplete ? middleMs : Math.max(maxMs, options.incompleteMs ?? maxMs);
}

function scoreTurn(ending: Exclude<Ending, 'none'>, confidence: number, turnEnd: number, weights: TurnWeights): number {
  const text = ending === 'finished' ? weights.confidence * toLogOdds(confidence) : weights[ending];
  return text + weights.sound * toLogOdds(turnEnd);
}

function toLogOdds(probability: number): number {
  const p = Math.min(0.99, Math.max(0.01, probability));
  return Math.log(p / (1 - p));
}

function findEnding(text: string, language = 'auto'): Ending {
  const trimmed = text.trim();
  if (trimmed === '') return 'none';
  const last = lastWord(trimmed);
  const end = readEnd(last, language);
  const unfinished = getOwnEntry(UNFINISHED, language) ?? UNFINISHED_ANYWHERE;
  if (OPEN.test(trimmed) || end === 'leading' || unfinished.has(normaliseWord(last))) return 'open';
  return end === 'end' || end === 'beforeNumber' ? 'finished' : 'bare';
}

const lastWord = (text: string): string => text.split(/\s+/).at(-1) ?? '';
