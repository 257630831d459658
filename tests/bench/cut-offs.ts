import { endsSentence } from '../../server/core/sentence/boundary.ts';
import type { Recording } from '../support/recordings.ts';
import { bare } from './bare-words.ts';
import type { Arrival } from './measures.ts';

/** A word that was truly spoken, with its time in the recording. */
export interface SpokenWord {
  readonly text: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether a sentence ends with it. */
  readonly isEnd: boolean;
}

/** A word that a decode of the whole recording gives; samples. */
interface DecodedWord {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

export interface CutOffs {
  /** Utterances that ended with speech behind them. */
  readonly ends: number;
  /** Those of them that ended inside a sentence that the speaker went on with soon. */
  readonly falseEnds: number;
  /** All ends with the words around them, to be read: how long the end took to come, and when the speaker went on. */
  readonly listed: readonly string[];
}

/** A speaker who goes on within this time was cut off; after a longer silence it would have been hard to know. */
const GOES_ON_MS = 1_500;
/** A word that begins no earlier than this before the voice ends is heard behind the pause: times jitter. */
const JITTER_MS = 100;

/**
 * The words of a recording and where its sentences end: by the manifest where it has word times; else by the words of a decode of the
 * whole recording, with the sentence ends of the reference where that has any.
 */
export function findSpokenWords({ text, words, language }: Recording, decoded: readonly DecodedWord[]): SpokenWord[] {
  if (words.length > 0)
    return words.map(({ word, start, end }, i) => ({
      ...{ text: word, fromMs: start * 1_000, toMs: end * 1_000 },
      isEnd: isSentenceEnd(word, words[i + 1]?.word, language),
    }));
  const reference = text.split(/\s+/).filter(Boolean);
  const hasEnds = reference.slice(0, -1).some((word, i) => isSentenceEnd(word, reference[i + 1], language));
  const pairs = hasEnds ? pairWords(decoded, reference) : new Map<number, number>();
  return decoded.map((word, i) => {
    const known = pairs.get(i);
    const isEnd =
      known === undefined
        ? isSentenceEnd(word.text, decoded[i + 1]?.text, language)
        : isSentenceEnd(reference[known]!, reference[known + 1], language);
    return { text: word.text, fromMs: word.from / 16, toMs: word.to / 16, isEnd };
  });
}

const isSentenceEnd = (text: string, next: string | undefined, language: string): boolean =>
  endsSentence({ text }, next === undefined ? undefined : { text: next }, language);

/** Indices of decoded words, each with that of the same word in the reference: a longest common subsequence. */
function pairWords(decoded: readonly DecodedWord[], reference: readonly string[]): Map<number, number> {
  const [a, b] = [decoded.map(({ text }) => bare(text)), reference.map(bare)];
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i]![j] = a[i] === b[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
  const pairs = new Map<number, number>();
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.set(i++, j++);
    else if (lengths[i + 1]![j]! >= lengths[i]![j + 1]!) i++;
    else j++;
  }
  return pairs;
}

/** How often speech was ended inside a sentence. */
export function countCutOffs(arrivals: readonly Arrival[], words: readonly SpokenWord[]): CutOffs {
  let [ends, falseEnds] = [0, 0];
  const listed: string[] = [];
  for (const { atMs, event } of arrivals) {
    if (event.type !== 'speech' || event.state !== 'end') continue;
    // The end of a word is uncertain where silence follows it; its beginning is not.
    const next = words.findIndex(({ fromMs }) => fromMs >= event.atMs - JITTER_MS);
    if (next <= 0) continue;
    ends++;
    const resumedMs = findResumption(arrivals, event.atMs) ?? words[next]!.fromMs;
    const isFalse = !words[next - 1]!.isEnd && resumedMs - event.atMs <= GOES_ON_MS;
    if (isFalse) falseEnds++;
    const text = [...words.slice(Math.max(0, next - 5), next), { text: '|' }, ...words.slice(next, next + 4)];
    const line = text.map((word) => word.text).join(' ');
    listed.push(
      `${isFalse ? 'false' : 'true'} end at ${event.atMs} ms, after ${Math.round(atMs - event.atMs)} ms, resumed after ${Math.round(resumedMs - event.atMs)}: ${line}`,
    );
  }
  return { ends, falseEnds, listed };
}

/** When a voice is heard again after this moment. */
function findResumption(arrivals: readonly Arrival[], atMs: number): number | undefined {
  for (const { event } of arrivals)
    if (event.type === 'speech' && event.state === 'start' && event.atMs >= atMs) return event.atMs;
  return undefined;
}
