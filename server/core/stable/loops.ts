import type { Hypothesis, Word } from '../hypothesis.ts';
import { SAMPLE_RATE } from '../time.ts';
import { isSameWord, normaliseWord } from './words.ts';

/** How often a phrase of 1-8 words may occur in a row before the rest counts as a loop. */
const REPEATS_MAX = 3;
/** People take at least this long over a word that they repeat, samples. */
const SPOKEN_WORD_SAMPLES = 0.15 * SAMPLE_RATE;
/** People stop after this many repetitions. */
const SPOKEN_COPIES_MAX = 6;
/** The words of an echo begin within a frame or two of each other in the attention. */
const ECHO_STEP_SAMPLES = 0.045 * SAMPLE_RATE;
/** An echo of at least this many words may copy text up to `ECHO_REACH` words back, a shorter one only the words right before it. */
const ECHO_WORDS = 3;
const ECHO_REACH = 10;

/** Where the VAD found a voice. */
export interface SpeechSpan {
  /** Samples of [from, to) in which the VAD found a voice. */
  countVoiced(from: number, to: number): number;
}

/** The words of a decode, and those taken out of it. */
export interface LoopRemoval {
  readonly kept: readonly Word[];
  readonly dropped: readonly Word[];
}

/**
 * Removes words that were said once and written again: a run of words that take no time, because the attention stands
 * still, and that copies words shortly before. Decodes of growing speech write several such copies into a pause.
 */
export function removeEchoes(words: readonly Word[]): LoopRemoval {
  const echo = new Set<Word>();
  for (let at = 0; at < words.length; ) {
    const end = findRunEnd(words, at);
    while (at < end) {
      const length = countCopied(words, at, end);
      for (const word of words.slice(at, at + length)) echo.add(word);
      at += Math.max(1, length);
    }
  }
  return { kept: words.filter((word) => !echo.has(word)), dropped: [...echo] };
}

/** Where the run of words from `at` on that take no time ends. */
function findRunEnd(words: readonly Word[], at: number): number {
  let end = at + 1;
  while (end < words.length && takesNoTime(words[end - 1]!, words[end]!)) end++;
  return end;
}

const takesNoTime = (before: Word, after: Word): boolean => after.from - before.from <= ECHO_STEP_SAMPLES;

/** The largest number of words from `at` on, before `end`, that occur in the same order shortly before. */
function countCopied(words: readonly Word[], at: number, end: number): number {
  for (let length = end - at; length >= 2; length--) {
    const reach = length < ECHO_WORDS ? length : ECHO_REACH;
    for (let from = Math.max(0, at - reach); from + length <= at; from++) {
      if (words.slice(from, from + length).every((word, i) => isSameWord(word, words[at + i]))) return length;
    }
  }
  const before = words[at - 1];
  return before !== undefined && isSameWord(before, words[at]) && takesNoTime(before, words[at]!) ? 1 : 0;
}

/** A phrase of 1-8 words that occurs in a row more often than people say it. */
interface Loop {
  /** The copies after the first: words [from, to). */
  readonly from: number;
  readonly to: number;
  readonly period: number;
  readonly copies: number;
}

/** The first loop at or after the word `start`. A copy that is cut off by the end of the text belongs to it. */
function findLoop(words: readonly Word[], start: number): Loop | undefined {
  const text = words.map((word) => normaliseWord(word.text));
  for (let period = 1; period <= 8; period++) {
    for (let at = start; at + period * REPEATS_MAX <= text.length; at++) {
      const copies = countCopies(text, at, period);
      // People say short words three times ("no, no, no"); a loop goes on.
      if (copies < (period === 1 ? REPEATS_MAX + 1 : REPEATS_MAX)) continue;
      const end = at + copies * period;
      const isCutOff = text.slice(end).every((word, i) => i < period && word === text[at + i]);
      return { from: at + period, to: isCutOff ? text.length : end, period, copies };
    }
  }
  return undefined;
}

/**
 * Whether somebody may well have said the repetition: at a pace people speak at, over a voice, and either the text goes on
 * after it, as it does not when a decoder loops, or it is a short phrase said a few times.
 */
function isPlausible(loop: Loop, words: readonly Word[], { stop }: Hypothesis, speech: SpeechSpan): boolean {
  const from = words[loop.from - loop.period]!.from;
  const { to } = words[loop.to - 1]!;
  const isPaced =
    to - from >= (loop.to - loop.from) * SPOKEN_WORD_SAMPLES && 2 * speech.countVoiced(from, to) >= to - from;
  const isShort = loop.period <= 2 && loop.copies <= SPOKEN_COPIES_MAX;
  return stop === 'end' && isPaced && (loop.to < words.length || isShort);
}

/** Removes the copies in loops that nobody said. */
export function removeLoops(words: readonly Word[], hypothesis: Hypothesis, speech: SpeechSpan): LoopRemoval {
  const dropped: Word[] = [];
  let kept = words;
  for (let at = 0; ; ) {
    const loop = findLoop(kept, at);
    if (loop === undefined) return { kept, dropped };
    at = loop.to;
    if (isPlausible(loop, kept, hypothesis, speech)) continue;
    dropped.push(...kept.slice(loop.from, loop.to));
    kept = [...kept.slice(0, loop.from), ...kept.slice(loop.to)];
    at = loop.from;
  }
}

function countCopies(text: readonly string[], at: number, period: number): number {
  let copies = 1;
  for (;;) {
    for (let i = 0; i < period; i++) {
      if (text[at + i] === undefined || text[at + i] !== text[at + copies * period + i]) return copies;
    }
    copies++;
  }
}
