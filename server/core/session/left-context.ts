import { capitalise } from '../clean/finish-sentence.ts';
import type { Word } from '../hypothesis.ts';
import { endsSentence } from '../sentence/boundary.ts';
import { countOverlap } from '../stable/overlap.ts';
import { joinWords } from '../stable/words.ts';
import { SAMPLE_RATE } from '../time.ts';

/**
 * The sentence before the open one, or its last words. A decode that begins with it hears how the open one goes on, and makes fewer
 * errors at its start. The words it writes for the sentence before are known already and are left out.
 */
export interface LeftContext {
  /** Where its audio begins, samples. */
  readonly from: number;
  readonly words: readonly Word[];
  readonly language: string;
  /** The final texts before it: the prompt of a decode that begins with it. */
  readonly context: readonly string[];
}

export interface LeftContextOptions {
  /** A sentence that begins longer than this before the open one is not used as a whole, ms; 0 uses none. */
  readonly ms: number;
  /** Of a longer sentence, the words that begin no longer than this before the open one are used, ms; 0 uses none. */
  readonly tailMs: number;
  /** Nor is one with more silence than this behind it, ms. */
  readonly gapMs: number;
  /** Nor is any where decodes take longer than this, ms: what they hear better is worth less than what they lag behind. */
  readonly decodeMs: number;
}

/** A decode that may begin with the sentence before. Positions are samples. */
export interface LeftContextRequest {
  readonly sentenceStart: number;
  readonly to: number;
  /**
   * Code of the language the decode is given, or `auto`: with the sentence before at its start, it would detect the
   * language of that one.
   */
  readonly language: string;
  /** The oldest sample still held. */
  readonly oldest: number;
}

/** With its left context, a decode is this long at most: more context costs time and gains nothing. */
const SAMPLES_MAX = 15 * SAMPLE_RATE;

/** How far the times of a word may be off at a cut. */
const JITTER_SAMPLES = 0.2 * SAMPLE_RATE;

/** The left context, if the decode can use it. */
export function selectLeftContext(
  leftContext: LeftContext | undefined,
  { sentenceStart, to, language, oldest }: LeftContextRequest,
  options: LeftContextOptions,
): LeftContext | undefined {
  if (leftContext === undefined || leftContext.language !== language) return undefined;
  const usable = isWithin(sentenceStart - leftContext.from, options.ms)
    ? leftContext
    : selectTail(leftContext, sentenceStart, options.tailMs);
  if (usable === undefined) return undefined;
  const { from, words } = usable;
  if (from < oldest || from >= sentenceStart) return undefined;
  const end = words.at(-1)?.to ?? from;
  const isNear = isWithin(sentenceStart - end, options.gapMs);
  return isNear && to - from <= SAMPLES_MAX ? usable : undefined;
}

/** The last words of a sentence, those that begin within `ms` before the open one; the words before them are prompted. */
function selectTail(
  { words, context, language }: LeftContext,
  sentenceStart: number,
  ms: number,
): LeftContext | undefined {
  const first = words.findIndex(({ from }) => isWithin(sentenceStart - from, ms));
  if (first <= 0) return undefined;
  const [known, tail] = [words.slice(0, first), words.slice(first)];
  return { from: tail[0]!.from, words: tail, language, context: [...context, joinWords(known)] };
}

/**
 * The words of a decode that belong to the open sentence, which begins at `sentenceStart`. Those of its left context may be
 * written in another way than before. Words that end before the cut are copies of it, whatever they say.
 */
export function removeLeftContext(
  words: readonly Word[],
  leftContext: LeftContext | undefined,
  sentenceStart: number,
): readonly Word[] {
  const last = leftContext?.words.at(-1);
  if (leftContext === undefined || last === undefined) return words;
  let known = countOverlap(leftContext.words, words);
  while (known < words.length && endsBefore(words[known]!, sentenceStart)) known++;
  const [first, ...rest] = words.slice(known);
  if (first === undefined) return [];
  return endsSentence(last, undefined, leftContext.language)
    ? [{ ...first, text: capitalise(first.text, leftContext.language) }, ...rest]
    : [first, ...rest];
}

/** The times of a short word may be off by its own length. */
const endsBefore = ({ from, to }: Word, cut: number): boolean => to <= cut - Math.max(0, JITTER_SAMPLES - (to - from));

const isWithin = (samples: number, ms: number): boolean => samples * 1_000 <= ms * SAMPLE_RATE;
