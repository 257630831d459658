import type { AudioRing } from '../audio/ring.ts';
import type { Hypothesis, Word } from '../hypothesis.ts';
import { splitSentences } from '../sentence/boundary.ts';
import { findQuietestOffset } from '../sentence/cut.ts';
import { splitLong } from '../sentence/split-long.ts';
import type { VadHistory } from '../speech/vad-history.ts';
import { type RejectionResult, rejectHallucinations } from '../stable/hallucinations.ts';
import { msToSamples, SAMPLE_RATE, samplesToMs } from '../time.ts';
import type { DecodedSpan } from './decode-policy.ts';
import { EndAnnouncement } from './end-announcement.ts';
import { type LeftContext, removeLeftContext } from './left-context.ts';
import type { OutputQueue } from './output-queue.ts';
import type { Sentences } from './sentences.ts';
import type { PipelineOptions, SessionSettings } from './settings.ts';
import type { Utterance } from './utterance.ts';
import type { GrowingSpan } from './utterance-text.ts';
import type { WordGap } from './word-gap.ts';

/** How far the times of two words at a cut may be off. */
const CUT_MARGIN = SAMPLE_RATE / 10;
/** A sentence of a recording is at most this much longer than live speech after which a cut is looked for. */
const LONGEST_OF_SOFT = 1.5;
/** Less audio than this around a cut is not searched for a quiet place. */
const CUT_SAMPLES_MIN = 320;

export interface UtterancePublisherOptions {
  readonly channel: number;
  readonly pipeline: PipelineOptions;
  readonly ring: AudioRing;
  readonly history: VadHistory;
  readonly outputs: OutputQueue;
  readonly sentences: Sentences;
  readonly gap: WordGap;
  /** A sentence number that was free, and the end that was announced, before a restart. */
  readonly spare: number | undefined;
  readonly announced: string | undefined;
}

/** Publishes what an utterance says: partials while it grows, and sentences as final as soon as their end is stable. */
export class UtterancePublisher {
  readonly #options: UtterancePublisherOptions;
  #leftContext: LeftContext | undefined;
  /** The number of a sentence whose text vanished before it was final; the next sentence takes it. */
  #spare: number | undefined;
  readonly #announcement: EndAnnouncement;

  constructor(options: UtterancePublisherOptions) {
    this.#options = options;
    this.#spare = options.spare;
    this.#announcement = new EndAnnouncement(options.channel, options.outputs, options.announced);
  }

  get spare(): number | undefined {
    return this.#spare;
  }

  /** What was announced as the rest of the speech. */
  get announced(): string | undefined {
    return this.#announcement.text;
  }

  /** The sentence published last, for the decodes of the next. */
  get leftContext(): LeftContext | undefined {
    return this.#leftContext;
  }

  /** Audio was set aside: nothing before it is left context of what follows. */
  forgetLeftContext(): void {
    this.#leftContext = undefined;
  }

  /** Reads a decode of a growing utterance. Returns whether a sentence became final. */
  grow(
    utterance: Utterance,
    hypothesis: Hypothesis,
    { to, leftContext, endSamples }: DecodedSpan & Pick<GrowingSpan, 'endSamples'>,
    settings: SessionSettings,
  ): boolean {
    const { words } = this.#rejectHallucinations(utterance, hypothesis, { to, leftContext });
    const { sentenceStart } = utterance;
    const language = writtenLanguage(hypothesis.language, settings);
    const from = leftContext?.from ?? sentenceStart;
    utterance.text.grow(words, { sentenceStart, from, edge: to, language, endSamples });
    const softSamples = msToSamples(this.#options.pipeline.segment.softMs);
    for (;;) {
      const start = utterance.sentenceStart;
      const finished = utterance.text.takeFinished(softSamples, utterance.decode.decodedTo - start, language);
      if (finished === undefined) break;
      const last = finished.words.at(-1)!;
      this.#publishFinal(utterance, finished.words, { spoken: hypothesis.language, from: start }, settings);
      utterance.move({ kind: 'beginSentence', at: this.#findCut(last.to, finished.next.from, start) });
    }
    this.#show(utterance, settings);
    return utterance.sentenceStart !== sentenceStart;
  }

  /**
   * Reads the last decode of an ended utterance, if there was one, and publishes all that is left of it. `fallback` is its
   * language where no decode says it.
   */
  conclude(utterance: Utterance, fallback: string, settings: SessionSettings): void {
    const { phase } = utterance;
    const decode = phase.kind === 'complete' ? phase.decode : undefined;
    if (decode !== undefined) this.#finish(utterance, decode.hypothesis, decode.request);
    if (!this.#publishRest(utterance, decode?.hypothesis.language ?? fallback, settings)) this.#clear(utterance);
  }

  /**
   * Reads a decode of growing speech up to a pause in which a sentence ended: all of it is final, and the next sentence begins
   * in that pause. Returns whether there was anything.
   */
  endSentence(utterance: Utterance, hypothesis: Hypothesis, span: DecodedSpan, settings: SessionSettings): boolean {
    const { ring, pipeline } = this.#options;
    this.#finish(utterance, hypothesis, span);
    if (!this.#publishRest(utterance, hypothesis.language, settings)) return false;
    const from = Math.max(utterance.sentenceStart, ring.start, span.to - msToSamples(pipeline.endpoint.speculativeMs));
    const at = from >= span.to ? span.to : from + findQuietestOffset(ring.read(from, span.to));
    utterance.move({ kind: 'beginSentence', at });
    return true;
  }

  /** Announces that growing speech is probably over, and its further finals by the decode up to the pause, if that is there. */
  announceEnd(
    utterance: Utterance,
    likely: { readonly confidence: number; readonly lastVoice: number },
    settings: SessionSettings,
  ): void {
    const { phase, sentenceStart } = utterance;
    if (phase.kind !== 'speculationDecoded' || this.#announcement.isOf(phase.request.job)) return;
    const { hypothesis, request } = phase;
    const { words } = this.#rejectHallucinations(utterance, hypothesis, request, 'whole');
    const sentences = this.#split(utterance.text.preview(words, sentenceStart), hypothesis.language, settings);
    this.#announcement.announce({ ...likely, job: request.job, sentences }, this.#options.history.end);
  }

  /** The speaker goes on after a pause. */
  withdrawEnd(): void {
    this.#announcement.withdraw(this.#options.history.end);
  }

  /** Reads the decode of everything up to a pause or an end. */
  #finish(utterance: Utterance, hypothesis: Hypothesis, span: DecodedSpan): void {
    const rejection = this.#rejectHallucinations(utterance, hypothesis, span);
    utterance.text.finish(rejection.words, utterance.sentenceStart);
    this.#reportSuppressed(rejection);
  }

  /** Makes finals of all that is stable. Returns whether there was anything. */
  #publishRest(utterance: Utterance, spoken: string, settings: SessionSettings): boolean {
    const { sentenceStart } = utterance;
    const sentences = this.#split(utterance.text.takeRest(), spoken, settings);
    this.#announcement.settle(sentences, this.#options.history.end);
    for (const [i, words] of sentences.entries()) {
      const before = sentences[i - 1]?.at(-1);
      const from = before === undefined ? sentenceStart : Math.max(before.to, words[0]!.from - CUT_MARGIN);
      this.#publishFinal(utterance, words, { spoken, from }, settings);
    }
    return sentences.length > 0;
  }

  /** The sentences in all that is left of an utterance. */
  #split(rest: readonly Word[], spoken: string, settings: SessionSettings): readonly (readonly Word[])[] {
    const sentences = splitSentences(rest, writtenLanguage(spoken, settings));
    const longest = LONGEST_OF_SOFT * msToSamples(this.#options.pipeline.segment.softMs);
    // Of live speech, partials have cut off long sentences before.
    return settings.source === 'recording' ? sentences.flatMap((words) => splitLong(words, longest)) : sentences;
  }

  /** The quietest place around the gap between two words: their times may be off by a tenth of a second. */
  #findCut(lastEnd: number, nextStart: number, least: number): number {
    const { ring } = this.#options;
    const from = Math.max(least, ring.start, Math.min(lastEnd, nextStart) - CUT_MARGIN);
    const to = Math.min(ring.end, Math.max(lastEnd, nextStart) + CUT_MARGIN);
    return to - from < CUT_SAMPLES_MIN
      ? Math.max(least, Math.min(lastEnd, ring.end))
      : from + findQuietestOffset(ring.read(from, to));
  }

  #show(utterance: Utterance, { partials: { mode } }: SessionSettings): void {
    const { text, isGrowing } = utterance;
    if (mode === 'off' || !isGrowing) return;
    const isStableOnly = mode === 'stable';
    const isEmpty = isStableOnly ? text.stable.length === 0 : text.isNothingShown;
    if (isEmpty && text.sentence === undefined) return;
    const sentence = text.number(() => this.#nextNumber());
    if (!text.noteShown(isStableOnly ? 'stable' : 'all')) return;
    this.#options.sentences.publishPartial({
      channel: this.#options.channel,
      sentence,
      revision: text.nextRevision(),
      stable: text.stable,
      hanging: isStableOnly ? '' : text.hanging,
      tentative: isStableOnly ? [] : text.visible,
    });
  }

  #publishFinal(
    utterance: Utterance,
    words: readonly Word[],
    { spoken, from }: { readonly spoken: string; readonly from: number },
    settings: SessionSettings,
  ): void {
    const { channel, sentences } = this.#options;
    const language = writtenLanguage(spoken, settings);
    this.#leftContext = { from, words, language: spoken, context: sentences.textsIn(language) };
    const sentence = utterance.text.number(() => this.#nextNumber());
    sentences.publishFinal({ channel, sentence, from, words, language }, settings);
    this.#options.gap.noteFinal(words.at(-1)!.to);
    utterance.text.forgetNumber();
  }

  #nextNumber(): number {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare ?? this.#options.sentences.nextNumber();
  }

  /** What was shown turned out to be nothing: clears it from the screen and keeps its number for the next sentence. */
  #clear({ text }: Utterance): void {
    const { sentence } = text;
    if (sentence === undefined) return;
    this.#spare = sentence;
    this.#options.sentences.publishPartial({
      channel: this.#options.channel,
      sentence,
      revision: text.nextRevision(),
      stable: [],
      hanging: '',
      tentative: [],
    });
  }

  #rejectHallucinations(
    utterance: Utterance,
    hypothesis: Hypothesis,
    { to, leftContext }: DecodedSpan,
    extent: 'growing' | 'whole' = utterance.isGrowing ? 'growing' : 'whole',
  ): RejectionResult {
    const { history, pipeline } = this.#options;
    const { sentenceStart } = utterance;
    const words = removeLeftContext(hypothesis.words, leftContext, sentenceStart);
    return rejectHallucinations(
      { ...hypothesis, words },
      {
        countVoiced: (from, end) => history.countVoiced(from, end),
        peakProbability: history.peakProbability(sentenceStart, to),
        peakLevel: history.peakLevel(sentenceStart, to),
        early: extent === 'growing' && to - sentenceStart < msToSamples(pipeline.commit.leastMs),
      },
    );
  }

  /** Reports that something was dropped, and when; not the words, which nobody said. */
  #reportSuppressed({ suppressed }: RejectionResult): void {
    for (const { reason, words } of suppressed) {
      this.#options.outputs.pushEvent({
        type: 'notice',
        code: 'suppressed',
        text: `${words.length} ${words.length === 1 ? 'word was' : 'words were'} dropped as ${reason}.`,
        channel: this.#options.channel,
        fromMs: samplesToMs(words[0]!.from),
        toMs: samplesToMs(words.at(-1)!.to),
      });
    }
  }
}

/** The language of the text of a decode: a translation is English, whatever was spoken. */
function writtenLanguage(spoken: string, { task }: SessionSettings): string {
  return task === 'translate' ? 'en' : spoken;
}
