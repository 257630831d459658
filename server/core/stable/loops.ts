import type { Hypothesis, Word } from '../hypothesis.ts';
import { SAMPLE_RATE } from '../time.ts';
import { isSameWord, normaliseWord } from './words.ts';

/** A phrase of 1-8 words that occurs this often in a row may be a loop. */
const LOOP_COPIES_MIN = 3;
/** People take at least this long over a word that they repeat, and over each of its letters, samples. */
const SPOKEN_WORD_SAMPLES = 0.15 * SAMPLE_RATE;
const SPOKEN_LETTER_SAMPLES = 0.04 * SAMPLE_RATE;
/** How much longer the copies before a loop that the engine cut must take. */
const CUT_LOOP_FACTOR = 1.5;
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
  if (isSaidAgain(words, at, end)) return 0;
  for (let length = end - at; length >= 2; length--) {
    const reach = length < ECHO_WORDS ? length : ECHO_REACH;
    for (let from = Math.max(0, at - reach); from + length <= at; from++) {
      if (words.slice(from, from + length).every((word, i) => isSameWord(word, words[at + i]))) return length;
    }
  }
  const before = words[at - 1];
  return before !== undefined && isSameWord(before, words[at]) && takesNoTime(before, words[at]!) ? 1 : 0;
}

/**
 * Whether the words [at, end), with the one before, are one word that was said again and again: that blurs their times, but there is
 * time for all of them.
 */
function isSaidAgain(words: readonly Word[], at: number, end: number): boolean {
  const said = words.slice(Math.max(0, at - 1), end);
  const isOne = said.every((word) => isSameWord(word, said[0]));
  return isOne && said.at(-1)!.to - said[0]!.from >= computeSpokenLength(said);
}

/** How long people take at least to say these words, samples. */
function computeSpokenLength(words: readonly Word[]): number {
  const lengths = words.map(({ text }) => Math.max(SPOKEN_WORD_SAMPLES, text.length * SPOKEN_LETTER_SAMPLES));
  return lengths.reduce((sum, length) => sum + length, 0);
}

/** A phrase of 1-8 words that occurs several times in a row. */
interface Loop {
  /** The copies after the first: words [from, to). */
  readonly from: number;
  readonly to: number;
  readonly period: number;
}

/** The first loop at or after the word `start`. A copy that is cut off by the end of the text belongs to it. */
function findLoop(words: readonly Word[], start: number): Loop | undefined {
  const text = words.map((word) => normaliseWord(word.text));
  for (let period = 1; period <= 8; period++) {
    for (let at = start; at + period * LOOP_COPIES_MIN <= text.length; at++) {
      const copies = countCopies(text, at, period);
      // People say short words three times ("no, no, no"); a loop goes on.
      if (copies < (period === 1 ? LOOP_COPIES_MIN + 1 : LOOP_COPIES_MIN)) continue;
      const end = at + copies * period;
      const isCutOff = text.slice(end).every((word, i) => i < period && word === text[at + i]);
      return { from: at + period, to: isCutOff ? text.length : end, period };
    }
  }
  return undefined;
}

/**
 * Whether somebody said the repetition: there is a voice for long enough. How often does not matter,
 * because vows, refrains and digits are said on purpose. Loops stand still in the audio or run past it. The engine cuts those
 * whose attention does not move on; what it leaves of one at the end of the text needs more time, and a decode that used up its
 * budget of tokens was in one.
 */
function isSpoken(loop: Loop, words: readonly Word[], { stop }: Hypothesis, speech: SpeechSpan): boolean {
  const said = words.slice(loop.from - loop.period, loop.to);
  const from = said[0]!.from;
  const { to } = said.at(-1)!;
  const isCut = stop !== 'end' && loop.to === words.length;
  const needed = computeSpokenLength(said) * (isCut ? CUT_LOOP_FACTOR : 1);
  return stop !== 'budget' && Math.min(to - from, speech.countVoiced(from, to)) >= needed;
}

/** Removes the copies in loops that nobody said. */
export function removeLoops(words: readonly Word[], hypothesis: Hypothesis, speech: SpeechSpan): LoopRemoval {
  const dropped: Word[] = [];
  let kept = words;
  for (let at = 0; ; ) {
    const loop = findLoop(kept, at);
    if (loop === undefined) return { kept, dropped };
    at = loop.to;
    if (isSpoken(loop, kept, hypothesis, speech)) continue;
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
