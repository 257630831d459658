import type { Hypothesis } from '../hypothesis.ts';
import { SAMPLE_RATE } from '../time.ts';
import type { SessionConditions } from './conditions.ts';
import type { SentenceFindings } from './decode-findings.ts';
import type { LanguageSelector } from './language-selector.ts';
import type { OutputQueue } from './output-queue.ts';
import type { PipelineOptions } from './settings.ts';

/**
 * Mean log probability below which the small model is out of its depth: `tiny.en` gives -0.9 and less to 4 s of six other
 * languages, and more to five of six pieces of English.
 */
const OUT_OF_DEPTH = -0.8;
const OUT_OF_DEPTH_SAMPLES_MIN = 1.5 * SAMPLE_RATE;

/** Which model decodes a channel: the one that was asked for or, under load or on a slow machine, the small one for English. */
export class ModelSelector {
  readonly #channel: number;
  readonly #models: PipelineOptions['models'];
  readonly #outputs: OutputQueue;
  /** The model that was announced to the client last. */
  #announced: string;

  constructor(channel: number, models: PipelineOptions['models'], outputs: OutputQueue) {
    this.#channel = channel;
    this.#models = models;
    this.#outputs = outputs;
    this.#announced = models.announced ?? models.own;
  }

  /** The model that decodes the next sentence, from its start to its end; undefined is the session's own. */
  choose(language: LanguageSelector, { settings, serviceLevel }: SessionConditions): string | undefined {
    const { own, small, isEnglishSmall = false } = this.#models;
    const isEnglish = settings.task === 'transcribe' && language.isSettled && language.locked === 'en';
    const chosen = (isEnglishSmall || serviceLevel.model === 'small') && isEnglish ? small : undefined;
    if ((chosen ?? own) !== this.#announced) this.#announce(chosen ?? own);
    return chosen;
  }

  /** Whether the small model, which may know English only, could not make sense of the audio. */
  isOutOfDepth(
    { model }: SentenceFindings,
    language: LanguageSelector,
    { averageLogProbability }: Hypothesis,
    samples: number,
  ): boolean {
    if (model?.name === undefined || language.isFixed) return false;
    return averageLogProbability < OUT_OF_DEPTH && samples >= OUT_OF_DEPTH_SAMPLES_MIN;
  }

  #announce(model: string): void {
    this.#announced = model;
    const reason = this.#models.isEnglishSmall === true ? 'For your language' : 'By the load of the server';
    this.#outputs.pushEvent({
      type: 'notice',
      code: 'model',
      text: `${reason} ${model} hears you from here on.`,
      channel: this.#channel,
    });
  }
}
