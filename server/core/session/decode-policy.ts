import type { AudioRing } from '../audio/ring.ts';
import type { Hypothesis } from '../hypothesis.ts';
import { buildPrompt } from '../segment/prompt.ts';
import { joinWords, normaliseWord } from '../stable/words.ts';
import { type DetectionProgress, LanguageSelector, type LanguageSnapshot } from './language-selector.ts';
import { type LeftContext, selectLeftContext } from './left-context.ts';
import { ModelSelector } from './model-selector.ts';
import type { DecodeSpan } from './outputs.ts';
import type { SessionContext } from './session-context.ts';
import type { FinalJob, Utterance } from './utterance.ts';

/**
 * Mean log probability below which hints are under suspicion: of 59 recordings in English without a name the one that hints
 * turned into nonsense fell from -0.5 to -0.9 with `base`; no other is below -0.45.
 */
const MISLED = -0.5;

/** How the spans of one channel are decoded: in which language, by which model, behind which lead and prompt. */
export class DecodePolicy {
  readonly #channel: number;
  readonly #desk: SessionContext;
  readonly #ring: AudioRing;
  readonly #model: ModelSelector;
  #language: LanguageSelector;

  constructor(channel: number, desk: SessionContext, ring: AudioRing, seed: LanguageSnapshot | undefined) {
    this.#channel = channel;
    this.#desk = desk;
    this.#ring = ring;
    const { language, languages } = desk.settings();
    this.#language = new LanguageSelector(language, languages, seed);
    this.#model = new ModelSelector(channel, desk, () => this.#language);
  }

  get language(): LanguageSelector {
    return this.#language;
  }

  languageChanged(): void {
    const { language, languages } = this.#desk.settings();
    this.#language = new LanguageSelector(language, languages);
  }

  /** For a decode of the open sentence up to `to`; `lead` is the sentence right before it, if there is one. */
  choose(utterance: Utterance, to: number, lead: LeftContext | undefined): Pick<FinalJob, 'language' | 'lead'> {
    const { anchor, sureAt } = utterance;
    const asked = this.#language.ask(utterance.listening(anchor, to));
    const language = sureAt === anchor ? (this.#language.locked ?? asked) : asked;
    // What a translation says is no help to hear what was said.
    const none = utterance.leadless || this.#desk.settings().task === 'translate';
    const request = { anchor, to, language, oldest: utterance.kept?.from ?? this.#ring.start };
    return { language, lead: none ? undefined : selectLeftContext(lead, request, this.#desk.pipeline.lead) };
  }

  span(
    utterance: Utterance,
    kind: DecodeSpan['kind'],
    { from, to, language, lead }: Omit<FinalJob, 'job'>,
  ): DecodeSpan {
    const { pipeline, publisher } = this.#desk;
    const { languages, task, vocabulary } = this.#desk.settings();
    const hints = utterance.unhinted === utterance.anchor ? [] : vocabulary;
    const kept = kind === 'final' ? utterance.kept : undefined;
    const samples = kept?.samples.subarray(Math.max(0, from - kept.from), to - kept.from);
    return {
      kind,
      channel: this.#channel,
      fromSample: from,
      samples: samples ?? this.#ring.read(from, to),
      language,
      languages,
      task,
      model: this.#model.pick(utterance),
      prompt: buildPrompt(hints, lead?.context ?? publisher.context, pipeline.contextChars),
      prefix: pipeline.forcedPrefix && lead === undefined ? joinWords(utterance.words.stable) : '',
      windowFloor: kind === 'final' && this.#desk.advice().windows === 'short' ? 0 : undefined,
    };
  }

  /** Whether an answer is no use: it was cut short, or the small model could not make sense of it. */
  discards(utterance: Utterance, hypothesis: Hypothesis, to: number): boolean {
    return hypothesis.stop === 'aborted' || this.#model.isBeyond(utterance, hypothesis, to - utterance.anchor);
  }

  /**
   * Whether vocabulary hints led a decode astray: it is unsure of its words, and none of them is a hint. Its sentence is then
   * decoded without them, once.
   */
  isMisled(utterance: Utterance, { averageLogProbability, words }: Hypothesis): boolean {
    const { vocabulary } = this.#desk.settings();
    const isBare = vocabulary.length === 0 || utterance.unhinted === utterance.anchor;
    if (isBare || words.length === 0 || averageLogProbability >= MISLED) return false;
    const text = normaliseWord(joinWords(words));
    if (vocabulary.some((hint) => text.includes(normaliseWord(hint)))) return false;
    utterance.unhinted = utterance.anchor;
    return true;
  }

  /** Takes what a final was heard in as a sign of the speaker's language. */
  learn(hypothesis: Hypothesis, heard: DetectionProgress): void {
    if (!this.#language.hear(hypothesis, heard)) return;
    this.#desk.publisher.event({
      type: 'notice',
      code: 'language',
      text: `The language is ${hypothesis.language}.`,
      channel: this.#channel,
    });
  }
}
