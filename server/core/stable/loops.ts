import type { Hypothesis, Word } from '../hypothesis.ts';
import { SAMPLE_RATE } from '../time.ts';
import { isSameWord, normaliseWord } from './words.ts';

/** How often a phrase of 1-8 words may stand in a row before the rest is a loop. */
const REPEATS_MAX = 3;
/** People take at least this long for a word they say again and again, samples. */
const SAID_WORD_SAMPLES = 0.15 * SAMPLE_RATE;
/** And stop after so many. */
const SAID_COPIES_MAX = 6;
/** The words of an echo begin within a frame or two of attention of each other. */
const ECHO_STEP_SAMPLES = 0.045 * SAMPLE_RATE;
/** So many or more may repeat what stands up to `ECHO_REACH` words before them, fewer only what stands right before them. */
const ECHO_WORDS = 3;
const ECHO_REACH = 10;

/** Where a voice was heard. */
export interface SpeechSpan {
  /** Samples of [from, to) in which the VAD heard a voice. */
  voiced(from: number, to: number): number;
}

/** The words of a decode, and those taken out of it. */
export interface LoopRemoval {
  readonly kept: readonly Word[];
  readonly dropped: readonly Word[];
}

/**
 * Takes out words said once and written again: a run of them in no time, because attention stands still, that is a
 * copy of words shortly before. Decodes of growing speech write such copies into a pause, several in a row.
 */
export function removeEchoes(words: readonly Word[]): LoopRemoval {
  const echo = new Set<Word>();
  for (let at = 0; at < words.length; ) {
    const end = runEnd(words, at);
    while (at < end) {
      const length = copyAt(words, at, end);
      for (const word of words.slice(at, at + length)) echo.add(word);
      at += Math.max(1, length);
    }
  }
  return { kept: words.filter((word) => !echo.has(word)), dropped: [...echo] };
}

/** Where the words from `at` on stop following each other in no time. */
function runEnd(words: readonly Word[], at: number): number {
  let end = at + 1;
  while (end < words.length && inNoTime(words[end - 1]!, words[end]!)) end++;
  return end;
}

const inNoTime = (before: Word, after: Word): boolean => after.from - before.from <= ECHO_STEP_SAMPLES;

/** How many of the words from `at` up to `end` stand in the same order shortly before, at most. */
function copyAt(words: readonly Word[], at: number, end: number): number {
  for (let length = end - at; length >= 2; length--) {
    const reach = length < ECHO_WORDS ? length : ECHO_REACH;
    for (let from = Math.max(0, at - reach); from + length <= at; from++) {
      if (words.slice(from, from + length).every((word, i) => isSameWord(word, words[at + i]))) return length;
    }
  }
  const before = words[at - 1];
  return before !== undefined && isSameWord(before, words[at]) && inNoTime(before, words[at]!) ? 1 : 0;
}

/** A phrase of 1-8 words that stands in a row more often than people say it. */
interface Loop {
  /** The copies after the first: words [from, to). */
  readonly from: number;
  readonly to: number;
  readonly period: number;
  readonly copies: number;
}

/** The first loop at or after the word `at`. What is cut off at the end of the text, a copy begun, belongs to it. */
function findLoop(words: readonly Word[], start: number): Loop | undefined {
  const text = words.map((word) => normaliseWord(word.text));
  for (let period = 1; period <= 8; period++) {
    for (let at = start; at + period * REPEATS_MAX <= text.length; at++) {
      const copies = countCopies(text, at, period);
      // Short words are said three times by people ("no, no, no"); a loop goes on.
      if (copies < (period === 1 ? REPEATS_MAX + 1 : REPEATS_MAX)) continue;
      const end = at + copies * period;
      const begun = text.slice(end).every((word, i) => i < period && word === text[at + i]);
      return { from: at + period, to: begun ? text.length : end, period, copies };
    }
  }
  return undefined;
}

/**
 * Whether somebody may well have said it: at a pace people speak at, over a voice, and either the text goes on
 * behind it, which a decoder in a loop does not, or it is a short word said a few times.
 */
function isSaid(loop: Loop, words: readonly Word[], { stop }: Hypothesis, voicing: SpeechSpan): boolean {
  const from = words[loop.from - loop.period]!.from;
  const { to } = words[loop.to - 1]!;
  const paced = to - from >= (loop.to - loop.from) * SAID_WORD_SAMPLES && 2 * voicing.voiced(from, to) >= to - from;
  const short = loop.period <= 2 && loop.copies <= SAID_COPIES_MAX;
  return stop === 'end' && paced && (loop.to < words.length || short);
}

/** Takes the copies out of loops that nobody said. */
export function removeLoops(words: readonly Word[], hypothesis: Hypothesis, voicing: SpeechSpan): LoopRemoval {
  const dropped: Word[] = [];
  let kept = words;
  for (let at = 0; ; ) {
    const loop = findLoop(kept, at);
    if (loop === undefined) return { kept, dropped };
    at = loop.to;
    if (isSaid(loop, kept, hypothesis, voicing)) continue;
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
