import { isNumber } from '../clean/meaning.ts';
import type { Word } from '../hypothesis.ts';
import { SAMPLE_RATE } from '../time.ts';
import { countOverlap, isHeardDifferently } from './overlap.ts';
import { SentenceEnd } from './sentence-end.ts';
import {
  collectEvidence,
  estimateCorrectness,
  estimatePermanence,
  type MatchedWord,
  matchPreviousDecode,
  type WordEvidence,
} from './word-evidence.ts';
import { isBeginningOf, isSameWord, normaliseWord, splitHanging } from './words.ts';

/**
 * A word that is shorter was given one frame of 20 ms: its decode could not say where it was spoken, and the next one may have it
 * seconds later, where it would count as said again.
 */
const PLACED_SAMPLES = 0.03 * SAMPLE_RATE;

/** When a word becomes stable. Durations in samples. */
export interface CommitOptions {
  readonly policy: 'trust' | 'agreement' | 'edge' | 'plain';
  /** `trust`: a word this likely to be right is stable. */
  readonly chance: number;
  /** `trust`: so is one that this many decodes in a row have heard before: more of them would add nothing. */
  readonly patience: number;
  /** `trust`: so is one that at least one decode has heard before, this far behind the edge, because decodes may be rare. */
  readonly patienceSamples: number;
  readonly edgeSamples: number;
  readonly earlyConfidence: number;
  readonly earlySamples: number;
  /** Nothing becomes stable in less audio than this. */
  readonly leastSamples: number;
}

/** The audio of a decode of a growing span, from `from` to `edge`; samples. */
export interface PushedSpan {
  readonly from: number;
  readonly edge: number;
  /** ISO 639-1 code of its text; undefined where it is not known. */
  readonly language?: string | undefined;
  /**
   * A sentence has ended when decodes in a row have its end in the same place while this much audio is added. Undefined waits
   * until the word after it is stable.
   */
  readonly endSamples?: number | undefined;
}

/** The stable words of a span, to go on with after a restart. */
export interface StableSnapshot {
  readonly stable: readonly Word[];
  readonly hanging: string;
}

export interface Commit {
  /** Words this decode made stable; their text will not change. */
  readonly fresh: readonly Word[];
  /** The rest of the newest decode, which may change with the next one. */
  readonly tentative: readonly Word[];
  /** How likely each tentative word is to stay, 0-1. */
  readonly chances: readonly number[];
}

/**
 * Decides which words of a growing span are stable. With `trust` they are those that are likely enough to be right
 * (`word-evidence.ts`) or that decodes keep repeating. With `agreement` it is LocalAgreement-2 (Liu et al. 2020; for Whisper:
 * Macháček et al. 2023), which also takes very confident words early. In both, no word near the edge of the audio is stable,
 * and the stable words are found again in each decode by their text rather than by their times.
 * Invariant: `stable` only ever grows at its end, and its text never changes.
 */
export class StableWords {
  readonly #options: CommitOptions;
  #stable: Word[] = [];
  #previous: readonly Word[] = [];
  #matched: readonly MatchedWord[] = [];
  readonly #end = new SentenceEnd();
  #isEndSettled = false;
  #isEndLikely = false;
  /** Punctuation seen after the last stable word; frozen onto it when the next word becomes stable. */
  #hanging = '';

  /** `snapshot` is what was stable before a restart. */
  constructor(options: CommitOptions, snapshot: StableSnapshot = { stable: [], hanging: '' }) {
    this.#options = options;
    this.#stable = [...snapshot.stable];
    this.#hanging = snapshot.hanging;
  }

  get stable(): readonly Word[] {
    return this.#stable;
  }

  /** Punctuation shown after the stable text. It is not part of it and may still change. */
  get hanging(): string {
    return this.#hanging;
  }

  /** Whether a sentence ends with the last stable word: decodes agree on it, and on its being followed by more. */
  get isEndSettled(): boolean {
    return this.#isEndSettled;
  }

  /** Whether the newest decode has the end of the sentence, not settled yet, and words behind it. */
  get isEndLikely(): boolean {
    return this.#isEndLikely;
  }

  /** Reads a decode of a span that still grows. */
  push(hypothesis: readonly Word[], { from, edge, language, endSamples }: PushedSpan): Commit {
    const known = countOverlap(this.#stable, hypothesis);
    const rest = hypothesis.slice(known);
    this.#matched = matchPreviousDecode(hypothesis, this.#matched);
    const evidence = collectEvidence(this.#matched, known, { from, edge });
    const isLongEnough = edge - from >= this.#options.leastSamples;
    const trusted = isLongEnough ? this.#countCommitted(rest, evidence, { edge, language }) : 0;
    this.#noteHanging(hypothesis, known);
    const ended = this.#countToAgreedEnd(hypothesis, known, evidence, { from, edge, language, endSamples });
    this.#isEndSettled = isLongEnough && ended !== undefined && ended >= trusted;
    const count = this.#isEndSettled ? ended! : trusted;
    this.#previous = rest.slice(count);
    const fresh = this.#freeze(rest.slice(0, count));
    return { fresh, tentative: this.#previous, chances: evidence.slice(count).map(estimatePermanence) };
  }

  /** The speaker stopped: nothing more can contradict the tail. Everything is stable now. */
  finish(hypothesis: readonly Word[]): Commit {
    const known = countOverlap(this.#stable, hypothesis);
    this.#noteHanging(hypothesis, known);
    const fresh = this.#freeze(hypothesis.slice(known));
    this.#closeHanging();
    this.#previous = [];
    return { fresh, tentative: [], chances: [] };
  }

  /** Takes out the first `count` stable words with their punctuation; the rest becomes the next sentence. */
  take(count: number): readonly Word[] {
    if (count === this.#stable.length) this.#closeHanging();
    this.#isEndSettled = false;
    this.#isEndLikely = false;
    this.#end.forget();
    return this.#stable.splice(0, count);
  }

  /**
   * How many words behind the `known` ones belong to a sentence that has ended: decodes have agreed on its end for long enough,
   * each of those words is either agreed on or likely to be right, and more follows. Undefined when there is none.
   */
  #countToAgreedEnd(
    hypothesis: readonly Word[],
    known: number,
    evidence: readonly WordEvidence[],
    { edge, language, endSamples = Number.POSITIVE_INFINITY }: PushedSpan,
  ): number | undefined {
    const { edgeSamples, chance } = this.#options;
    const isLastStable = known > 0 && isSameWord(hypothesis[known - 1], this.#stable.at(-1));
    const end = this.#end.follow(hypothesis, isLastStable ? known - 1 : known, edge, language);
    this.#isEndLikely = end !== undefined && end.at + 1 < hypothesis.length;
    if (end === undefined || end.agreedSamples < endSamples || end.at + 1 === hypothesis.length) return undefined;
    if (edge - hypothesis[end.at]!.to < edgeSamples) return undefined;
    const count = end.at + 1 - known;
    const isSure = evidence.slice(0, count).every((each) => each.repeats > 0 || estimateCorrectness(each) >= chance);
    return isSure ? count : undefined;
  }

  #countCommitted(
    rest: readonly Word[],
    evidence: readonly WordEvidence[],
    { edge, language }: Pick<PushedSpan, 'edge' | 'language'>,
  ): number {
    const { policy, chance, patience, patienceSamples, edgeSamples, earlyConfidence, earlySamples } = this.#options;
    let count = 0;
    for (const [i, word] of rest.entries()) {
      const behind = edge - word.to;
      const isAgreed = isSameWord(word, this.#previous[i]) && count === i;
      const isAwayFromEdge = policy === 'plain' || behind >= edgeSamples;
      const isEarly = policy === 'agreement' && word.confidence >= earlyConfidence && behind >= earlySamples;
      const { repeats } = evidence[i]!;
      const isPersistent = repeats >= patience || (repeats > 0 && behind >= patienceSamples);
      const isTrusted = isPersistent || estimateCorrectness(evidence[i]!) >= chance;
      const isSure = policy === 'trust' ? isTrusted : isAgreed || isEarly || policy === 'edge';
      const isPlaced = word.to - word.from >= PLACED_SAMPLES || isPersistent;
      if (!isAwayFromEdge || !isSure || !isPlaced) break;
      count = i + 1;
    }
    return (
      count - Math.max(this.#countUnsettledCopies(rest, count), this.#countUnsettledNumber(rest, count, edge, language))
    );
  }

  /**
   * How many of the first `count` words are copies in a row of the word before them that ends with `count` or goes on behind:
   * how often a word was said is known only when another one has followed.
   */
  #countUnsettledCopies(rest: readonly Word[], count: number): number {
    if (this.#options.policy === 'plain') return 0;
    let copies = 0;
    while (copies < count && isSameWord(rest[count - copies - 2] ?? this.#stable.at(-1), rest[count - copies - 1]))
      copies++;
    return copies;
  }

  /**
   * How many of the first `count` words are a number that ends with `count` or goes on behind, for as long as patience lasts: a later
   * decode may write all of it as one word (`sixty`, then `$60,000`).
   */
  #countUnsettledNumber(rest: readonly Word[], count: number, edge: number, language: string | undefined): number {
    const { policy, patienceSamples } = this.#options;
    const next = rest[count];
    if (policy === 'plain' || (next !== undefined && !isNumberWord(next, language))) return 0;
    const isUnsettled = (word: Word | undefined): boolean =>
      word !== undefined && edge - word.to < patienceSamples && isNumberWord(word, language);
    let numbers = 0;
    while (isUnsettled(rest[count - numbers - 1])) numbers++;
    return numbers;
  }

  /**
   * Remembers what the newest decode has behind the last stable word: punctuation, or the rest of a word of which only the
   * beginning was heard ("16" of "16,000", "out" of "outgaze").
   */
  #noteHanging(hypothesis: readonly Word[], known: number): void {
    const match = hypothesis[known - 1];
    const last = this.#stable.at(-1);
    if (match === undefined || last === undefined) return;
    if (isBeginningOf(last, match)) this.#hanging = match.text.slice(last.text.length);
    else if (isSameWord(match, last) || isHeardDifferently(match, last))
      this.#hanging = splitHanging(match.text).hanging;
  }

  #freeze(words: readonly Word[]): readonly Word[] {
    const start = this.#stable.length;
    for (const word of words) {
      this.#closeHanging();
      const { stem, hanging } = splitHanging(word.text);
      this.#stable.push({ ...word, text: stem });
      this.#hanging = hanging;
    }
    return this.#stable.slice(start);
  }

  /** The last stable word keeps the punctuation it has now. */
  #closeHanging(): void {
    const last = this.#stable.at(-1);
    if (last !== undefined && this.#hanging !== '') {
      this.#stable[this.#stable.length - 1] = { ...last, text: last.text + this.#hanging };
    }
    this.#hanging = '';
  }
}

/** Whether it is a number in digits, or as a word of its language. */
const isNumberWord = ({ text }: Word, language = ''): boolean =>
  text.split('-').some((part) => isNumber(normaliseWord(part), language));
