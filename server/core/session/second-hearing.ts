import type { ChineseScript } from '../script/chinese-script.ts';
import { describeDecode, getRevisedWords, reviseStretch } from '../second-hearing/hear-stretch.ts';
import { type HearingModels, selectHearingModels } from '../second-hearing/hearing-models.ts';
import { type HeardSentence, type Stretch, StretchCollector } from '../second-hearing/stretch.ts';
import type { SpanEvidence } from '../stable/hallucinations.ts';
import { joinWords } from '../stable/words.ts';
import { msToSamples, samplesToMs } from '../time.ts';
import { toWireWord } from '../wire-word.ts';
import type { SecondHypothesis } from './inputs.ts';
import type { OutputQueue } from './output-queue.ts';
import type { Revisions } from './revisions.ts';
import type { PipelineOptions, SessionSettings } from './settings.ts';

export interface SecondHearingOptions {
  readonly pipeline: PipelineOptions;
  readonly outputs: OutputQueue;
  readonly revisions: Revisions;
  /** A copy of what the VAD says about samples [from, to) of a channel. */
  readonly readEvidence: (channel: number, from: number, to: number) => SpanEvidence;
}

interface PendingStretch extends Stretch {
  readonly channel: number;
  readonly models: HearingModels;
  readonly evidence: SpanEvidence;
}

/**
 * Hears final sentences once more, in stretches, with audio on both sides and a more careful search, and revises those in
 * which it hears other words. The caller answers each request exactly once, and bounds how many wait.
 * Invariant: at most one revision for a sentence.
 */
export class SecondHearing {
  readonly #options: SecondHearingOptions;
  readonly #collectors = new Map<number, StretchCollector>();
  readonly #pending = new Map<number, PendingStretch>();
  #lastStretch = 0;

  constructor(options: SecondHearingOptions) {
    this.#options = options;
  }

  /** Stretches that are being decoded again. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Takes the next final sentence of a channel. */
  add(channel: number, sentence: HeardSentence, settings: SessionSettings): void {
    // The text of a translation is no hearing of the words.
    if (settings.revise !== true || settings.task === 'translate') return;
    this.#request(channel, this.#collectorOf(channel).add(sentence), settings);
  }

  /** All speech of a channel up to `at` is final. */
  settle(channel: number, at: number, settings: SessionSettings): void {
    this.#request(channel, this.#collectors.get(channel)?.settle(at), settings);
  }

  /** The audio of a channel goes on up to `to`; speech that is not final begins at `open`. */
  advance(
    channel: number,
    { to, open }: { readonly to: number; readonly open: number },
    settings: SessionSettings,
  ): void {
    this.#request(channel, this.#collectors.get(channel)?.advance(to, open), settings);
  }

  /** No audio came for a while behind the sample `at`, or none will: what is there is heard again as it is. */
  end(at: number, settings: SessionSettings): void {
    for (const [channel, collector] of this.#collectors) this.#request(channel, collector.end(at), settings);
  }

  /** Takes the answer to a request. `script` is that of Chinese where the sentences show none. */
  read(answer: SecondHypothesis, settings: SessionSettings, script?: ChineseScript): void {
    const stretch = this.#pending.get(answer.stretch);
    this.#pending.delete(answer.stretch);
    if (stretch === undefined || answer.kind === 'noSecondHypothesis') return;
    const { sentences, evidence, models } = stretch;
    const hearings = reviseStretch(stretch, answer, { evidence, isOtherBetter: models.isOtherBetter, script });
    if (hearings === undefined) return;
    const revised = hearings.map(getRevisedWords);
    const texts = sentences.map(({ words: first }, i) => joinWords(revised[i] ?? first));
    for (const [i, sentence] of sentences.entries()) {
      const heard = revised[i];
      if (heard === undefined) continue;
      this.#publish(stretch, { ...sentence, words: heard }, sentence, { context: texts.slice(0, i), settings });
    }
  }

  #publish(
    { channel, models, language }: PendingStretch,
    { sentence, words }: HeardSentence,
    first: HeardSentence,
    { context, settings }: { readonly context: readonly string[]; readonly settings: SessionSettings },
  ): void {
    const { outputs, revisions } = this.#options;
    const text = joinWords(words);
    outputs.pushEvent({ type: 'revised', channel, sentence, text, words: words.map(toWireWord), model: models.name });
    const sound = { from: first.words[0]!.from, to: first.words.at(-1)!.to };
    const revised = { sentence, channel, text, language, sound, revised: true } as const;
    revisions.begin(revised, context.slice(-CONTEXT_SENTENCES), settings);
  }

  #collectorOf(channel: number): StretchCollector {
    const known = this.#collectors.get(channel);
    if (known !== undefined) return known;
    const { leastMs, mostMs } = this.#options.pipeline.secondHearing;
    const collector = new StretchCollector({ least: msToSamples(leastMs), most: msToSamples(mostMs) });
    this.#collectors.set(channel, collector);
    return collector;
  }

  #request(channel: number, stretch: Stretch | undefined, settings: SessionSettings): void {
    if (stretch === undefined) return;
    const { pipeline, outputs, readEvidence } = this.#options;
    const id = ++this.#lastStretch;
    const evidence = readEvidence(channel, stretch.from, stretch.to);
    const models = selectHearingModels(stretch.language, settings, pipeline.models);
    this.#pending.set(id, { ...stretch, channel, models, evidence });
    const { model, otherModel } = models;
    const spokenMs = samplesToMs(stretch.sentences[0]!.words.at(-1)!.to);
    const decode = describeDecode(stretch, settings.vocabulary, pipeline.secondHearing);
    outputs.push({
      ...{ kind: 'hearAgain', stretch: id, to: stretch.to, spokenMs, otherModel },
      span: { ...decode, channel, fromSample: stretch.from, model },
    });
  }
}

/** Sentences before it that the cleaner gets. */
const CONTEXT_SENTENCES = 3;
