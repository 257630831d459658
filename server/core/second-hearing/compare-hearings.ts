import { isHesitation } from '../clean/fillers.ts';
import type { Hypothesis, Word } from '../hypothesis.ts';
import { rejectHallucinations, type SpanEvidence } from '../stable/hallucinations.ts';
import { normaliseWord } from '../stable/words.ts';
import { parseNumberWord } from '../summary/numbers.ts';
import { SAMPLE_RATE } from '../time.ts';
import { foldText } from '../transcript/search-text.ts';
import type { Stretch } from './stretch.ts';

/** A second hearing with less than this share of the words of the first has missed some. */
const WORDS_SHARE_MIN = 0.7;
/** How much lower the mean log probability of the words of a second hearing may be: its window and search are others. */
const LOG_PROBABILITY_LOSS_MAX = 0.1;
/** This much voice that has no words any more is no slip of the times of words. */
const UNHEARD_VOICE_SAMPLES = 0.3 * SAMPLE_RATE;
/** How far the times of a word may be off. */
const JITTER_SAMPLES = 0.1 * SAMPLE_RATE;
/** The logarithm of nothing is no number to average. */
const CONFIDENCE_MIN = 1e-3;

/** The words that a second hearing of a stretch heard; undefined when it understood less than the first. */
export function selectBetterWords(
  { sentences, language }: Stretch,
  hypothesis: Hypothesis,
  evidence: SpanEvidence,
): readonly Word[] | undefined {
  if (hypothesis.language !== language) return undefined;
  if (hypothesis.stop !== 'end' && hypothesis.stop !== 'edge') return undefined;
  const { words, suppressed } = rejectHallucinations(hypothesis, evidence);
  // Where a decoder loops, it has not heard what was said meanwhile.
  if (suppressed.some(({ reason }) => reason === 'repetition')) return undefined;
  const first = sentences.flatMap((sentence) => sentence.words);
  if (words.length < WORDS_SHARE_MIN * first.length) return undefined;
  const loss = meanLogProbability(first) - meanLogProbability(words);
  return loss <= LOG_PROBABILITY_LOSS_MAX ? words : undefined;
}

function meanLogProbability(words: readonly Word[]): number {
  const sum = words.reduce((so, { confidence }) => so + Math.log(Math.max(confidence, CONFIDENCE_MIN)), 0);
  return sum / Math.max(1, words.length);
}

/**
 * Whether a sentence says something else now. No reason to show it anew are case and punctuation, which flip between decodes,
 * hesitations, which cleaning removes, and a number that is written in digits or as a word (`8`, `eight`).
 */
export function saysOther(first: readonly Word[], second: readonly Word[], language: string): boolean {
  const read = (words: readonly Word[]): string[] =>
    words
      .filter(({ text }) => !isHesitation(text, language))
      .map(({ text }) => readNumber(normaliseWord(text), language));
  const [before, now] = [read(first), read(second)];
  return before.length !== now.length || before.some((text, i) => text !== now[i]);
}

/**
 * Whether a second hearing has no words for a sentence although there is a voice that it has no other words for either. It has then
 * missed the sentence; one that nobody said lies in silence, or where other words were said.
 */
export function hasMissedSentence(
  sentence: readonly Word[],
  heard: readonly Word[],
  evidence: Pick<SpanEvidence, 'countVoiced'>,
): boolean {
  let at = sentence[0]?.from ?? 0;
  const end = sentence.at(-1)?.to ?? at;
  let unheard = 0;
  for (const word of heard) {
    const [from, to] = [word.from - JITTER_SAMPLES, word.to + JITTER_SAMPLES];
    if (to <= at) continue;
    if (from >= end) break;
    if (from > at) unheard += evidence.countVoiced(at, from);
    at = to;
  }
  if (at < end) unheard += evidence.countVoiced(at, end);
  return unheard >= UNHEARD_VOICE_SAMPLES;
}

const readNumber = (word: string, language: string): string =>
  String(parseNumberWord(foldText(word), language) ?? word);
