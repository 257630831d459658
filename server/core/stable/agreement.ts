import type { Word } from '../hypothesis.ts';
import {
  collectEvidence,
  estimateCorrectness,
  estimatePermanence,
  matchPreviousDecode,
  type RecalledWord,
  type WordEvidence,
} from './word-evidence.ts';
import { countOverlap, isSameWord, splitHanging } from './words.ts';

/** When a word becomes stable. Durations in samples. */
export interface CommitOptions {
  readonly policy: 'trust' | 'agreement' | 'edge' | 'plain';
  /** `trust`: a word this likely to be right is stable. */
  readonly chance: number;
  /** `trust`: so is one that so many decodes in a row have heard before: more of them will say nothing new. */
  readonly patience: number;
  /** `trust`: so is one that a decode has heard before, this far behind the edge: decodes may come seldom. */
  readonly patienceSamples: number;
  readonly edgeSamples: number;
  readonly earlyConfidence: number;
  readonly earlySamples: number;
  /** Of less audio than this nothing becomes stable. */
  readonly leastSamples: number;
}

/** What is stable of a span, to go on with after a restart. */
export interface StableSnapshot {
  readonly stable: readonly Word[];
  readonly hanging: string;
}

export interface Commit {
  /** Words this decode made stable, surface frozen. */
  readonly fresh: readonly Word[];
  /** The rest of the newest decode. May change with the next one. */
  readonly tentative: readonly Word[];
  /** Of each tentative word: how likely it is to stay. */
  readonly chances: readonly number[];
}

/**
 * Decides which words of a growing span are stable: by `trust` those that are likely enough to be right (`trust.ts`), or
 * that decodes keep saying. By `agreement` LocalAgreement-2 (Liu et al. 2020; for Whisper: Macháček et al. 2023), with sure
 * words early. In both no word near the edge of the audio is stable, and the stable words are found again by text rather
 * than by their times.
 * Invariant: `stable` only ever grows at its end, and its text never changes.
 */
export class StableWords {
  readonly #options: CommitOptions;
  #stable: Word[] = [];
  #previous: readonly Word[] = [];
  #heard: readonly RecalledWord[] = [];
  /** Punctuation seen after the last stable word; frozen onto it when the next word becomes stable. */
  #hanging = '';

  /** `seed` is what was stable before a restart. */
  constructor(options: CommitOptions, seed: StableSnapshot = { stable: [], hanging: '' }) {
    this.#options = options;
    this.#stable = [...seed.stable];
    this.#hanging = seed.hanging;
  }

  get stable(): readonly Word[] {
    return this.#stable;
  }

  /** Shown after the stable text, not part of it: may still change. */
  get hanging(): string {
    return this.#hanging;
  }

  /** Reads a decode of the span that is heard from `from` up to `edge` and still grows. */
  push(hypothesis: readonly Word[], { from, edge }: { readonly from: number; readonly edge: number }): Commit {
    const known = countOverlap(this.#stable, hypothesis);
    const rest = hypothesis.slice(known);
    this.#heard = matchPreviousDecode(hypothesis, this.#heard);
    const evidence = collectEvidence(this.#heard, known, { from, edge });
    const count = edge - from < this.#options.leastSamples ? 0 : this.#commitCount(rest, evidence, edge);
    this.#previous = rest.slice(count);
    this.#noteHanging(hypothesis, known);
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

  /** Gives away the first `count` stable words with their punctuation; what is left goes on as the next sentence. */
  take(count: number): readonly Word[] {
    if (count === this.#stable.length) this.#closeHanging();
    return this.#stable.splice(0, count);
  }

  #commitCount(rest: readonly Word[], evidence: readonly WordEvidence[], edge: number): number {
    const { policy, chance, patience, patienceSamples, edgeSamples, earlyConfidence, earlySamples } = this.#options;
    let count = 0;
    for (const [i, word] of rest.entries()) {
      const behind = edge - word.to;
      const agreed = isSameWord(word, this.#previous[i]) && count === i;
      const safe = policy === 'plain' || behind >= edgeSamples;
      const early = policy === 'agreement' && word.confidence >= earlyConfidence && behind >= earlySamples;
      const { heardBefore } = evidence[i]!;
      const heardOut = heardBefore >= patience || (heardBefore > 0 && behind >= patienceSamples);
      const trusted = heardOut || estimateCorrectness(evidence[i]!) >= chance;
      const sure = policy === 'trust' ? trusted : agreed || early || policy === 'edge';
      if (!safe || !sure) break;
      count = i + 1;
    }
    return count;
  }

  /** The punctuation the newest decode puts after the last stable word. */
  #noteHanging(hypothesis: readonly Word[], known: number): void {
    const match = hypothesis[known - 1];
    if (known > 0 && isSameWord(match, this.#stable.at(-1))) this.#hanging = splitHanging(match!.text).hanging;
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
