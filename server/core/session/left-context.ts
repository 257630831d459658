import type { Word } from '../hypothesis.ts';
import { endsSentence } from '../sentence/boundary.ts';
import { countOverlap, isSameWord } from '../stable/words.ts';
import { SAMPLE_RATE } from '../time.ts';

/**
 * The sentence before the open one. A decode that begins with it hears how the open one goes on, and makes fewer
 * errors at its start; what it writes for the lead itself is known already and left out.
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
  /** A lead that begins longer before the open sentence is not used, ms; 0 is never. */
  readonly ms: number;
  /** Nor one with more silence than this behind it, ms. */
  readonly gapMs: number;
}

/** What a decode that may begin with a lead is about. */
export interface LeftContextRequest {
  readonly anchor: number;
  readonly to: number;
  /** Code of the language it is told, or `auto`: a lead would then be heard for the language of the open sentence. */
  readonly language: string;
  /** The oldest sample there is. */
  readonly oldest: number;
}

/** With its lead, a decode is this long at most: more context costs time and gains nothing. */
const SAMPLES_MAX = 15 * SAMPLE_RATE;

export function selectLeftContext(
  lead: LeftContext | undefined,
  request: LeftContextRequest,
  options: LeftContextOptions,
): LeftContext | undefined {
  const { anchor, to, language, oldest } = request;
  if (lead === undefined || lead.language !== language || lead.from < oldest || lead.from >= anchor) return undefined;
  const end = lead.words.at(-1)?.to ?? lead.from;
  const near = within(anchor - lead.from, options.ms) && within(anchor - end, options.gapMs);
  return near && to - lead.from <= SAMPLES_MAX ? lead : undefined;
}

/** The words of a decode behind those of its lead, which it may have written in another way than before. */
export function removeLeftContext(words: readonly Word[], lead: LeftContext | undefined): readonly Word[] {
  const last = lead?.words.at(-1);
  if (lead === undefined || last === undefined) return words;
  let known = countOverlap(lead.words, words);
  const next = words[known];
  // Its last word may be heard differently now: what lies on it is no new word.
  if (next !== undefined && !isSameWord(words[known - 1], last) && (next.from + next.to) / 2 < last.to) known++;
  const [first, ...rest] = words.slice(known);
  if (first === undefined) return [];
  return endsSentence(last) ? [{ ...first, text: capital(first.text) }, ...rest] : [first, ...rest];
}

const within = (samples: number, ms: number): boolean => samples * 1_000 <= ms * SAMPLE_RATE;

const capital = (text: string): string => text.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());
