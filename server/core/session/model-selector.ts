import type { Hypothesis } from '../hypothesis.ts';
import { SAMPLE_RATE } from '../time.ts';
import type { LanguageSelector } from './language-selector.ts';
import type { SessionContext } from './session-context.ts';
import type { Utterance } from './utterance.ts';

/**
 * Mean log probability below which the small model is out of its depth: `tiny.en` gives -0.9 and less to 4 s of six other
 * languages, and more to five of six pieces of English.
 */
const BEYOND = -0.8;
const BEYOND_SAMPLES_MIN = 1.5 * SAMPLE_RATE;

/** Which model hears a channel: the one that was asked for, or under load the small one, for English. */
export class ModelSelector {
  readonly #channel: number;
  readonly #desk: SessionContext;
  readonly #language: () => LanguageSelector;
  /** The model that hears the channel instead of the session's own. */
  #told: string | undefined;

  constructor(channel: number, desk: SessionContext, language: () => LanguageSelector) {
    this.#channel = channel;
    this.#desk = desk;
    this.#language = language;
  }

  /** One model hears a sentence from its start to its end; there the load says which hears the next. */
  pick(utterance: Utterance): string | undefined {
    const { model } = this.#desk.settings();
    if (model !== undefined) return model;
    const { anchor, hearer } = utterance;
    if (hearer?.from === anchor) return hearer.model;
    const { own, small } = this.#desk.pipeline.models;
    const chosen = this.#desk.advice().model === 'small' && this.#isEnglish() ? small : undefined;
    utterance.hearer = { from: anchor, model: chosen };
    if (chosen !== this.#told) this.#tell(chosen ?? own);
    this.#told = chosen;
    return chosen;
  }

  /** The small model may know English only: what it cannot make sense of is heard again by the session's own. */
  isBeyond(utterance: Utterance, { averageLogProbability }: Hypothesis, samples: number): boolean {
    if (utterance.hearer?.model === undefined || this.#language().fixed) return false;
    if (averageLogProbability >= BEYOND || samples < BEYOND_SAMPLES_MIN) return false;
    utterance.hearer = { from: utterance.anchor, model: undefined };
    return true;
  }

  #isEnglish(): boolean {
    const language = this.#language();
    return this.#desk.settings().task === 'transcribe' && language.settled && language.locked === 'en';
  }

  #tell(model: string): void {
    this.#desk.publisher.event({
      type: 'notice',
      code: 'model',
      text: `By the load of the server ${model} hears you from here on.`,
      channel: this.#channel,
    });
  }
}
