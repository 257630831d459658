import type { AudioRing } from '../audio/ring.ts';
import type { Hypothesis, Word } from '../hypothesis.ts';
import { splitSentences } from '../sentence/boundary.ts';
import { findQuietestOffset } from '../sentence/cut.ts';
import type { VadHistory } from '../speech/vad-history.ts';
import { type RejectionResult, rejectHallucinations } from '../stable/hallucinations.ts';
import { msToSamples, SAMPLE_RATE, samplesToMs } from '../time.ts';
import { type LeftContext, removeLeftContext } from './left-context.ts';
import type { SessionContext } from './session-context.ts';
import type { Utterance } from './utterance.ts';

/** What a decode heard: audio up to the sample `to`, with the sentence before at its start or without. */
export interface DecodedSpan {
  readonly to: number;
  readonly lead: LeftContext | undefined;
}

/** What an utterance says on screen: partials while it grows, sentences final as soon as their end is stable. */
export class Finaliser {
  readonly #channel: number;
  readonly #desk: SessionContext;
  readonly #ring: AudioRing;
  readonly #voices: VadHistory;
  /** The sentence published last. */
  lead: LeftContext | undefined;
  /** A sentence number whose text vanished before it was final; the next sentence takes it. */
  #spare: number | undefined;

  constructor(channel: number, desk: SessionContext, ring: AudioRing, voices: VadHistory, spare?: number) {
    this.#spare = spare;
    this.#channel = channel;
    this.#desk = desk;
    this.#ring = ring;
    this.#voices = voices;
  }

  get spare(): number | undefined {
    return this.#spare;
  }

  /** Reads a decode of a growing utterance; true when a sentence became final. */
  grow(utterance: Utterance, hypothesis: Hypothesis, { to, lead }: DecodedSpan): boolean {
    utterance.grow(this.#doubt(utterance, hypothesis, { to, lead }).words, to, lead?.from);
    const { anchor } = utterance;
    const { segment } = this.#desk.pipeline;
    for (;;) {
      const finished = utterance.finished(msToSamples(segment.softMs));
      if (finished === undefined) break;
      const last = finished.words.at(-1)!;
      this.#final(utterance, finished.words, hypothesis.language, utterance.anchor);
      utterance.anchor = this.#cutBetween(last.to, finished.next.from, utterance.anchor);
    }
    this.#show(utterance);
    return utterance.anchor !== anchor;
  }

  /** The quietest place around the gap between two words: their times may be off by a tenth of a second. */
  #cutBetween(lastEnd: number, nextStart: number, least: number): number {
    const margin = SAMPLE_RATE / 10;
    const from = Math.max(least, this.#ring.start, Math.min(lastEnd, nextStart) - margin);
    const to = Math.min(this.#ring.end, Math.max(lastEnd, nextStart) + margin);
    return to - from < 320
      ? Math.max(least, Math.min(lastEnd, this.#ring.end))
      : from + findQuietestOffset(this.#ring.read(from, to));
  }

  #show(utterance: Utterance): void {
    const { mode } = this.#desk.settings().partials;
    if (mode === 'off' || utterance.end !== undefined) return;
    const stableOnly = mode === 'stable';
    const empty = utterance.words.stable.length === 0 && (stableOnly || utterance.visible.length === 0);
    if (empty && utterance.sentence === undefined) return;
    utterance.sentence ??= this.#number();
    if (!utterance.changed(stableOnly)) return;
    this.#desk.publisher.partial({
      channel: this.#channel,
      sentence: utterance.sentence,
      revision: ++utterance.revision,
      stable: utterance.words.stable,
      hanging: stableOnly ? '' : utterance.words.hanging,
      tentative: stableOnly ? [] : utterance.visible,
    });
  }

  /** Reads the last decode of an ended utterance, if there was one, and publishes all that is left of it. */
  conclude(utterance: Utterance, language: string): void {
    const answer = utterance.final?.answer;
    if (answer !== undefined) {
      const doubted = this.#doubt(utterance, answer, utterance.final!);
      utterance.conclude(doubted.words);
      this.#report(doubted);
    }
    const sentences = splitSentences(utterance.rest());
    for (const [i, words] of sentences.entries()) {
      const before = sentences[i - 1]?.at(-1);
      const from = before === undefined ? utterance.anchor : Math.max(before.to, words[0]!.from - SAMPLE_RATE / 10);
      this.#final(utterance, words, language, from);
    }
    if (sentences.length === 0) this.#vanish(utterance);
  }

  #final(utterance: Utterance, words: readonly Word[], spoken: string, from: number): void {
    const language = this.#desk.settings().task === 'translate' ? 'en' : spoken;
    this.lead = { from, words, language: spoken, context: [...this.#desk.publisher.context] };
    this.#desk.publisher.final(this.#channel, utterance.sentence ?? this.#number(), words, language);
    utterance.sentence = undefined;
    utterance.revision = 0;
  }

  #number(): number {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare ?? this.#desk.publisher.nextSentence();
  }

  /** What was shown turned out to be nothing: clear it from the screen and keep its number for the next sentence. */
  #vanish(utterance: Utterance): void {
    if (utterance.sentence === undefined) return;
    this.#spare = utterance.sentence;
    this.#desk.publisher.partial({
      channel: this.#channel,
      sentence: utterance.sentence,
      revision: utterance.revision + 1,
      stable: [],
      hanging: '',
      tentative: [],
    });
  }

  #doubt(utterance: Utterance, hypothesis: Hypothesis, { to, lead }: DecodedSpan): RejectionResult {
    const words = removeLeftContext(hypothesis.words, lead);
    return rejectHallucinations(
      { ...hypothesis, words },
      {
        voiced: (a, b) => this.#voices.voiced(a, b),
        peakProbability: this.#voices.peakProbability(utterance.anchor, to),
        peakLevel: this.#voices.peakLevel(utterance.anchor, to),
        early: utterance.end === undefined && to - utterance.anchor < msToSamples(this.#desk.pipeline.commit.leastMs),
      },
    );
  }

  /** Says that something was dropped, and when; not the words, which nobody said. */
  #report(doubted: RejectionResult): void {
    for (const { reason, words } of doubted.suppressed) {
      this.#desk.publisher.event({
        type: 'notice',
        code: 'suppressed',
        text: `${words.length} ${words.length === 1 ? 'word was' : 'words were'} dropped as ${reason}.`,
        channel: this.#channel,
        fromMs: samplesToMs(words[0]!.from),
        toMs: samplesToMs(words.at(-1)!.to),
      });
    }
  }
}
