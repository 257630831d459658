import { endsSentence } from '../sentence/boundary.ts';
import { normaliseWord } from '../stable/words.ts';

export interface EndpointOptions {
  readonly minMs: number;
  readonly maxMs: number;
  /** How much silence ends speech where the turn detector hears that the speaker is done; default `minMs`. */
  readonly completeMs?: number | undefined;
  /** The same where it hears that the speaker goes on; default `maxMs`. */
  readonly incompleteMs?: number | undefined;
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
  /** From this score on the speaker is done. */
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
  const middleMs = minMs + (maxMs - minMs) * 0.4;
  const { confidence, turnEnd } = reading;
  const ending = findEnding(reading.text);
  if (turnEnd === undefined || weights === undefined) {
    if (ending === 'finished') return (confidence ?? 1) >= CONFIDENCE_MIN ? minMs : middleMs;
    return ending === 'open' ? maxMs : middleMs;
  }
  // A decode is on its way that the final needs anyway: deciding before it is there would gain nothing.
  if (ending === 'none' || confidence === undefined) return ending === 'open' ? maxMs : middleMs;
  const score = scoreTurn(ending, confidence, turnEnd, weights);
  if (score >= weights.complete) return Math.min(minMs, options.completeMs ?? minMs);
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

function findEnding(text: string): Ending {
  const trimmed = text.trim();
  if (trimmed === '') return 'none';
  const last = normaliseWord(trimmed.split(/\s+/).at(-1) ?? '');
  if (OPEN.test(trimmed) || UNFINISHED.has(last)) return 'open';
  return FINISHED.test(trimmed) ? 'finished' : 'bare';
}
