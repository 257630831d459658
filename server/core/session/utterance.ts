import type { Hypothesis, Word } from '../hypothesis.ts';
import { countFirstSentenceWords, findWidestGap } from '../sentence/boundary.ts';
import { type CommitOptions, StableWords } from '../stable/agreement.ts';
import { isSameWord, joinWords, normaliseWord } from '../stable/words.ts';
import { msToSamples, SAMPLE_RATE } from '../time.ts';
import type { DetectionProgress } from './language-selector.ts';
import type { LeftContext } from './left-context.ts';
import type { PipelineOptions } from './settings.ts';
import type { UtteranceSnapshot } from './snapshot.ts';

/** A decode of everything up to the end of the speech, asked before the end is sure. */
export interface FinalJob {
  readonly job: number;
  readonly from: number;
  readonly to: number;
  readonly language: string;
  readonly lead: LeftContext | undefined;
  answer?: Hypothesis;
}

/** Which tentative words are shown: see `PipelineOptions.show`. */
export interface ShowOptions {
  readonly chance: number;
  readonly darkChance: number;
  readonly holdDecodes: number;
}

/** Fewer words are not cut, however long they take. */
const WORDS_MIN = 8;
/** How near a cut an echo of the sentence before may lie: word times jitter by up to 0.3 s. */
const ECHO_SAMPLES = 4_800;

/**
 * One span of speech of one channel, from the gate's opening to the endpoint, with what has been decoded of it.
 * Sentences leave it at the front; what stays is always one open sentence.
 */
export class Utterance {
  readonly words: StableWords;
  /** Where the decode window begins: the start of the open sentence. */
  anchor: number;
  /** One past the last window with a voice in it. */
  lastVoice: number;
  /** Number of the open sentence, once something of it was shown. */
  sentence: number | undefined;
  revision = 0;
  /** How far the newest partial reached. */
  decodedTo: number;
  partial: { readonly job: number; readonly to: number; readonly lead: LeftContext | undefined } | undefined;
  final: FinalJob | undefined;
  /** Where the speech ended, once it has. */
  end: number | undefined;
  /** Audio from the last decode's start to the end, kept when the ring may move on before it is decoded. */
  kept: { readonly from: number; readonly samples: Float32Array } | undefined;
  /** The span in which a language was detected that was not trusted. */
  doubted: { readonly from: number; readonly to: number } | undefined;
  /** The sentence that starts here was heard to be in the language in force. */
  sureAt: number | undefined;
  /** A decode that began with the sentence before heard nothing behind it: decode without. */
  leadless = false;
  /** The sentence that starts here is decoded without vocabulary hints: they led its decode astray. */
  unhinted: number | undefined;
  /** Which model hears the sentence that begins at `from`; undefined is the session's own. */
  hearer: { readonly from: number; readonly model: string | undefined } | undefined;
  retries = 0;
  tentative: readonly Word[] = [];
  /** The tentative words worth showing: without a half-heard end. */
  visible: readonly Word[] = [];
  readonly #show: ShowOptions;
  #last: readonly Word[] = [];
  #shown = '';
  /** Decodes in a row that the words on screen have been held against. */
  #held = 0;
  /** How many stable words of the open sentence are on screen. */
  #shownStable = 0;

  constructor(from: number, options: CommitOptions, show: ShowOptions, seed?: UtteranceSnapshot) {
    this.#show = show;
    this.anchor = from;
    this.decodedTo = seed?.decodedTo ?? from;
    this.lastVoice = seed?.lastVoice ?? from;
    this.words = new StableWords(options, seed);
    if (seed === undefined) return;
    this.end = seed.end;
    this.sentence = seed.sentence;
    this.revision = seed.revision;
    this.doubted = seed.doubted;
    this.retries = seed.retries;
    this.#last = seed.last;
    this.#shownStable = seed.stable.length;
  }

  /** What must survive a restart. */
  get seed(): UtteranceSnapshot {
    const { anchor, lastVoice, decodedTo, end, sentence, revision, doubted, retries } = this;
    const { stable, hanging } = this.words;
    const finalTo = end === undefined ? undefined : this.final?.to;
    const words = { stable: [...stable], hanging, last: this.#last };
    return { anchor, lastVoice, decodedTo, end, sentence, revision, doubted, retries, finalTo, ...words };
  }

  /** The sentence as it reads now. */
  get text(): string {
    return (
      joinWords([...this.words.stable, ...this.tentative]) + (this.tentative.length === 0 ? this.words.hanging : '')
    );
  }

  /** What a decode of [from, to) has to go by when it is asked for a language. */
  listening(from: number, to: number): DetectionProgress {
    const doubted = this.doubted?.from === from ? this.doubted.to - from : 0;
    return { seconds: (to - from) / SAMPLE_RATE, doubtedSeconds: doubted / SAMPLE_RATE };
  }

  /** Reads a decode of the growing span; `edge` is where its audio ends, `from` where it began, with its lead. */
  grow(words: readonly Word[], edge: number, from = this.anchor): void {
    const { fresh, tentative, chances } = this.words.push(this.#withoutEcho(words), { from, edge });
    this.tentative = tentative;
    this.visible = this.#choose(tentative, chances, this.#onScreen(fresh));
  }

  /** The tentative words on screen, without those that have just become stable. */
  #onScreen(fresh: readonly Word[]): readonly Word[] {
    const goesOn = fresh.every((word, i) => isSameWord(word, this.visible[i]));
    return goesOn ? this.visible.slice(fresh.length) : [];
  }

  /**
   * Words that are likely to stay, and of those on screen all that are still said. Where a decode says something else
   * there and is not sure of it, the old words stand for another decode or two: most often they come back.
   */
  #choose(tentative: readonly Word[], chances: readonly number[], old: readonly Word[]): readonly Word[] {
    const { chance, darkChance, holdDecodes } = this.#show;
    const dark = this.words.stable.length === 0 && old.length === 0;
    const kept = agreement(tentative, old);
    const hidden = chances.findIndex((likely, i) => i >= kept && likely < (dark ? darkChance : chance));
    const count = hidden < 0 ? tentative.length : hidden;
    if (count > kept || kept === old.length || this.#held >= holdDecodes) {
      this.#held = 0;
      return tentative.slice(0, count);
    }
    this.#held++;
    return [...tentative.slice(0, kept), ...old.slice(kept)];
  }

  /** Reads the decode of the whole span: everything is stable after it. */
  conclude(words: readonly Word[]): void {
    this.words.finish(this.#withoutEcho(words));
    this.tentative = [];
    this.visible = [];
  }

  /**
   * Words of a sentence that has ended inside the stable text, and where the next one starts. Speech longer than
   * `longerThan` is cut at a fair gap, half as long again anywhere.
   * Invariant: what was shown as stable stays in the sentence it was shown in.
   */
  finished(longerThan: number): { readonly words: readonly Word[]; readonly next: Word } | undefined {
    const { stable } = this.words;
    const length = this.decodedTo - this.anchor;
    let count = countFirstSentenceWords(stable);
    if (count === 0 && stable.length >= WORDS_MIN && length > longerThan) {
      count = findWidestGap(stable, this.#shownStable, length > 1.5 * longerThan ? 'any' : 'fair');
    }
    const next = stable[count];
    if (count === 0 || next === undefined) return undefined;
    return { words: this.#leave(this.words.take(count)), next };
  }

  /** Everything that is left, at the end. */
  rest(): readonly Word[] {
    return this.#leave(this.words.take(this.words.stable.length));
  }

  /** Whether what is on screen would change; case and punctuation of the open tail alone are not worth a flicker. */
  changed(stableOnly: boolean): boolean {
    const tail = stableOnly ? '' : this.visible.map((word) => normaliseWord(word.text)).join(' ');
    const now = `${this.sentence}|${joinWords(this.words.stable)}|${tail}`;
    if (now === this.#shown) return false;
    this.#shown = now;
    this.#shownStable = this.words.stable.length;
    return true;
  }

  #leave(words: readonly Word[]): readonly Word[] {
    if (words.length > 0) this.#last = words;
    this.#shownStable = 0;
    return words;
  }

  /** A cut inside a sound can make the next decode begin with the last words of the sentence before. */
  #withoutEcho(words: readonly Word[]): readonly Word[] {
    if (this.words.stable.length > 0 || this.#last.length === 0) return words;
    for (let count = Math.min(3, words.length, this.#last.length); count > 0; count--) {
      const tail = this.#last.slice(-count);
      const near = words[count - 1]!.to <= this.anchor + ECHO_SAMPLES;
      if (near && tail.every((word, i) => isSameWord(word, words[i]))) return words.slice(count);
    }
    return words;
  }
}

/** Speech that begins at the sample `start`, or goes on from `seed` after a restart. */
export function openUtterance(start: number, { commit, show }: PipelineOptions, seed?: UtteranceSnapshot): Utterance {
  const policy = {
    policy: commit.policy,
    chance: commit.chance,
    patience: commit.patience,
    patienceSamples: msToSamples(commit.patienceMs),
    edgeSamples: msToSamples(commit.edgeMs),
    earlyConfidence: commit.earlyConfidence,
    earlySamples: msToSamples(commit.earlyMs),
    leastSamples: commit.policy === 'plain' ? 0 : msToSamples(commit.leastMs),
  };
  return new Utterance(start, policy, show, seed);
}

/** How many words two decodes have in common at the front. */
function agreement(now: readonly Word[], before: readonly Word[]): number {
  const differs = now.findIndex((word, i) => !isSameWord(word, before[i]));
  return differs < 0 ? now.length : differs;
}
