import type { Word } from '../hypothesis.ts';
import { countFirstSentenceWords, findWidestGap } from '../sentence/boundary.ts';
import { type CommitOptions, StableWords } from '../stable/agreement.ts';
import { isSameWord, joinWords, normaliseWord } from '../stable/words.ts';
import type { PipelineOptions } from './settings.ts';
import type { UtteranceSnapshot } from './snapshot.ts';

/** Speech with fewer words is not cut, however long they take. */
const CUT_WORDS_MIN = 8;
/** How near a cut an echo of the sentence before may lie: word times jitter by up to 0.3 s. */
const ECHO_SAMPLES = 4_800;
const ECHO_WORDS_MAX = 3;

/** The audio of a decode of a growing sentence. Positions are samples. */
export interface GrowingSpan {
  /** Where the open sentence begins. */
  readonly sentenceStart: number;
  /** Where the decoded audio begins, with its left context. */
  readonly from: number;
  /** Where it ends. */
  readonly edge: number;
  /** ISO 639-1 code of its text; undefined where it is not known. */
  readonly language?: string | undefined;
  /** How much audio must be added while decodes agree on a sentence end; undefined waits for the word after it. */
  readonly endSamples?: number | undefined;
}

export type UtteranceTextOptions = Pick<PipelineOptions['show'], 'chance' | 'firstChance' | 'holdDecodes'>;

/**
 * The text of one span of speech: its stable words, its tentative ones, and those of them on screen. Sentences leave it
 * at the front; what stays is always one open sentence.
 */
export class UtteranceText {
  readonly #words: StableWords;
  readonly #commit: CommitOptions;
  readonly #show: UtteranceTextOptions;
  /** Number of the open sentence, once something of it was shown. */
  #sentence: number | undefined;
  #revision: number;
  #tentative: readonly Word[] = [];
  /** The tentative words worth showing: those that are likely to stay. */
  #visible: readonly Word[] = [];
  /** The sentence before, of the same speech. */
  #previous: readonly Word[];
  /** What is on screen, for comparison. */
  #shown = '';
  /** How many stable words of the open sentence are on screen. */
  #shownStable: number;
  /** Decodes in a row that the words on screen have been held against. */
  #heldDecodes = 0;

  constructor(commit: CommitOptions, show: UtteranceTextOptions, snapshot?: UtteranceSnapshot) {
    this.#commit = commit;
    this.#show = show;
    this.#words = new StableWords(commit, snapshot);
    this.#sentence = snapshot?.sentence;
    this.#revision = snapshot?.revision ?? 0;
    this.#previous = snapshot?.last ?? [];
    this.#shownStable = snapshot?.stable.length ?? 0;
  }

  get snapshot(): Pick<UtteranceSnapshot, 'sentence' | 'revision' | 'stable' | 'hanging' | 'last'> {
    const { stable, hanging } = this.#words;
    return {
      sentence: this.#sentence,
      revision: this.#revision,
      stable: [...stable],
      hanging,
      last: this.#previous,
    };
  }

  get sentence(): number | undefined {
    return this.#sentence;
  }

  get stable(): readonly Word[] {
    return this.#words.stable;
  }

  /** Punctuation after the stable words that may still change. */
  get hanging(): string {
    return this.#words.hanging;
  }

  /** The tentative words on screen. */
  get visible(): readonly Word[] {
    return this.#visible;
  }

  /** Whether nothing of the open sentence is on screen. */
  get isNothingShown(): boolean {
    return this.stable.length === 0 && this.#visible.length === 0;
  }

  /** Whether the newest decode goes on behind a sentence end that is not settled yet. */
  get isEndLikely(): boolean {
    return this.#words.isEndLikely;
  }

  /** The open sentence as it reads now. */
  get text(): string {
    return joinWords([...this.stable, ...this.#tentative]) + (this.#tentative.length === 0 ? this.hanging : '');
  }

  /** The last word of the open sentence, stable or not. */
  get lastWord(): Word | undefined {
    return this.#tentative.at(-1) ?? this.stable.at(-1);
  }

  /** Reads a decode of the growing span, without the words of its left context. */
  grow(words: readonly Word[], { sentenceStart, ...span }: GrowingSpan): void {
    const { fresh, tentative, chances } = this.#words.push(this.#withoutEcho(words, sentenceStart), span);
    this.#tentative = tentative;
    this.#visible = this.#chooseVisible(tentative, chances, this.#stillOnScreen(fresh));
  }

  /** Reads the decode of the whole span: everything is stable after it. */
  finish(words: readonly Word[], sentenceStart: number): void {
    this.#words.finish(this.#withoutEcho(words, sentenceStart));
    this.#tentative = [];
    this.#visible = [];
  }

  /** What `finish` and then `takeRest` would give. Changes nothing. */
  preview(words: readonly Word[], sentenceStart: number): readonly Word[] {
    const copy = new StableWords(this.#commit, { stable: this.stable, hanging: this.hanging });
    copy.finish(this.#withoutEcho(words, sentenceStart));
    return copy.stable;
  }

  /** Makes everything recognised so far stable: there will be no other decode. */
  finishAsRecognised(sentenceStart: number): void {
    this.finish([...this.stable, ...this.#tentative], sentenceStart);
  }

  /**
   * Takes out a sentence that has ended inside the stable text, and says where the next one starts. Speech of which more
   * than `longerThan` samples were decoded is cut at a fair gap, half as long again anywhere; `length` is how much was.
   * `language` is that of the text.
   * Invariant: what was shown as stable stays in the sentence it was shown in.
   */
  takeFinished(
    longerThan: number,
    length: number,
    language?: string,
  ): { readonly words: readonly Word[]; readonly next: Word } | undefined {
    const { stable } = this.#words;
    let count = countFirstSentenceWords(stable, language);
    if (count === 0 && this.#words.isEndSettled && this.#tentative.length > 0)
      return { words: this.#take(stable.length), next: this.#tentative[0]! };
    if (count === 0 && stable.length >= CUT_WORDS_MIN && length > longerThan) {
      count = findWidestGap(stable, this.#shownStable, length > 1.5 * longerThan ? 'any' : 'fair');
    }
    const next = stable[count];
    if (count === 0 || next === undefined) return undefined;
    return { words: this.#take(count), next };
  }

  /** Takes out everything that is left, at the end. */
  takeRest(): readonly Word[] {
    return this.#take(this.#words.stable.length);
  }

  /** The number of the open sentence, which it keeps until it is final; `next` gives one when it has none. */
  number(next: () => number): number {
    this.#sentence ??= next();
    return this.#sentence;
  }

  /** The open sentence is final: the next has no number yet. */
  forgetNumber(): void {
    this.#sentence = undefined;
    this.#revision = 0;
  }

  /** The revision of the next partial of the open sentence, from 1. */
  nextRevision(): number {
    return ++this.#revision;
  }

  /**
   * Notes what is about to be shown; false when the screen would not change. Case and punctuation of the open tail alone
   * are not worth a flicker.
   */
  noteShown(mode: 'all' | 'stable'): boolean {
    const tail = mode === 'stable' ? '' : this.#visible.map((word) => normaliseWord(word.text)).join(' ');
    const now = `${this.#sentence}|${joinWords(this.stable)}|${tail}`;
    if (now === this.#shown) return false;
    this.#shown = now;
    this.#shownStable = this.stable.length;
    return true;
  }

  #take(count: number): readonly Word[] {
    const words = this.#words.take(count);
    if (words.length > 0) this.#previous = words;
    this.#shownStable = 0;
    return words;
  }

  /** The tentative words on screen, without those that have just become stable. */
  #stillOnScreen(fresh: readonly Word[]): readonly Word[] {
    const goesOn = fresh.every((word, i) => isSameWord(word, this.#visible[i]));
    return goesOn ? this.#visible.slice(fresh.length) : [];
  }

  /**
   * Chooses the words that are likely to stay, and all words on screen that the decode repeats. Where it has other words and is
   * not sure of them, the old ones stay for another decode or two, because most often they come back.
   */
  #chooseVisible(tentative: readonly Word[], chances: readonly number[], old: readonly Word[]): readonly Word[] {
    const { chance, firstChance, holdDecodes } = this.#show;
    const least = this.stable.length === 0 && old.length === 0 ? firstChance : chance;
    const kept = countCommon(tentative, old);
    const hidden = chances.findIndex((likely, i) => i >= kept && likely < least);
    const count = hidden < 0 ? tentative.length : hidden;
    if (count > kept || kept === old.length || this.#heldDecodes >= holdDecodes) {
      this.#heldDecodes = 0;
      return tentative.slice(0, count);
    }
    this.#heldDecodes++;
    return [...tentative.slice(0, kept), ...old.slice(kept)];
  }

  /** A cut inside a sound can make the next decode begin with the last words of the sentence before. */
  #withoutEcho(words: readonly Word[], sentenceStart: number): readonly Word[] {
    if (this.stable.length > 0 || this.#previous.length === 0) return words;
    for (let count = Math.min(ECHO_WORDS_MAX, words.length, this.#previous.length); count > 0; count--) {
      const tail = this.#previous.slice(-count);
      const isNear = words[count - 1]!.to <= sentenceStart + ECHO_SAMPLES;
      if (isNear && tail.every((word, i) => isSameWord(word, words[i]))) return words.slice(count);
    }
    return words;
  }
}

/** How many words two decodes have in common at the front. */
function countCommon(now: readonly Word[], before: readonly Word[]): number {
  const differs = now.findIndex((word, i) => !isSameWord(word, before[i]));
  return differs < 0 ? now.length : differs;
}
