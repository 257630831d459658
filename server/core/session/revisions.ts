import { acceptRewrite, applyRules, type CleanedText } from '../clean/accept-rewrite.ts';
import type { SessionInput } from './inputs.ts';
import type { OutputQueue } from './output-queue.ts';
import type { SessionSettings } from './settings.ts';
import type { CleaningSnapshot, SessionSnapshot } from './snapshot.ts';
import { Translations } from './translations.ts';

type RevisionsSnapshot = Pick<SessionSnapshot, 'cleaning' | 'translating'>;
type TranslationInput = Extract<SessionInput, { kind: 'translating' | 'translation' | 'untranslated' }>;

/** A rewrite that came, or why none did. */
type Rewrite = Extract<SessionInput, { kind: 'rewrite' | 'unwritten' }>;

interface Cleaned extends CleanedText {
  readonly model: string;
  readonly tookMs: number;
}

/**
 * What becomes of sentences after they are final: each is cleaned, then translated. The text of a second hearing goes the same
 * way, and what is still on its way of the final's text is then void.
 * Invariant: one cleaning at most for each text of a sentence, and it never changes what the final said.
 */
export class Revisions {
  readonly #outputs: OutputQueue;
  readonly #cleaning = new Map<number, CleaningSnapshot>();
  readonly #translations: Translations;

  constructor(outputs: OutputQueue) {
    this.#outputs = outputs;
    this.#translations = new Translations((output) => outputs.push(output));
  }

  get snapshot(): RevisionsSnapshot {
    return { cleaning: [...this.#cleaning.values()], translating: this.#translations.snapshot };
  }

  /** Sentences that are being cleaned or translated. */
  get pending(): number {
    return this.#cleaning.size + this.#translations.size;
  }

  /** Asks again for what was being cleaned or translated before a restart. */
  restore(
    { cleaning, translating = [] }: RevisionsSnapshot,
    context: readonly string[],
    settings: SessionSettings,
  ): void {
    for (const sentence of cleaning) this.begin(sentence, context, settings);
    for (const sentence of translating) this.#translations.request(sentence, settings.translations ?? []);
  }

  /** `context` are the finals before it, oldest first. */
  begin(sentence: CleaningSnapshot, context: readonly string[], settings: SessionSettings): void {
    const { mode, instruction } = settings.cleanup;
    const { text, language, sentence: number, revised } = sentence;
    if (mode === 'off') {
      // Cleaning may have been on when the final of a revised sentence came.
      this.#cleaning.delete(number);
      return this.#translate(sentence, settings);
    }
    this.#cleaning.set(number, sentence);
    // A second hearing may have found that nobody said anything; a model would only make something up.
    if (text === '')
      return this.readRewrite({ kind: 'unwritten', sentence: number, revised, reason: 'absent', tookMs: 0 }, settings);
    const request = { kind: 'clean', sentence: number, text, language, instruction, mode } as const;
    this.#outputs.push({ ...request, context: [...context], ...(revised && { revised }) });
  }

  /** Takes what the cleaner made of a sentence; the rules clean where that cannot be kept. */
  readRewrite(rewrite: Rewrite, settings: SessionSettings): void {
    const sentence = this.#cleaning.get(rewrite.sentence);
    if (sentence === undefined || sentence.revised !== rewrite.revised) return;
    this.#cleaning.delete(rewrite.sentence);
    if (rewrite.kind === 'rewrite') return this.#checkRewrite(sentence, rewrite, settings);
    if (rewrite.reason !== 'absent') this.#notify('clean.skipped', SKIPPED[rewrite.reason], sentence.sentence);
    this.#cleanByRules(sentence, rewrite.tookMs, settings);
  }

  readTranslation(translation: TranslationInput): void {
    this.#translations.read(translation);
  }

  #checkRewrite(
    sentence: CleaningSnapshot,
    { text, model, tookMs }: Extract<Rewrite, { kind: 'rewrite' }>,
    settings: SessionSettings,
  ): void {
    const kept = acceptRewrite({ ...sentence, instruction: settings.cleanup.instruction }, text);
    if (!('refusal' in kept)) return this.#publish(sentence, { ...kept, model, tookMs }, settings);
    this.#notify('clean.refused', `The rewrite was not kept: ${kept.refusal}.`, sentence.sentence);
    this.#cleanByRules(sentence, tookMs, settings);
  }

  #cleanByRules(sentence: CleaningSnapshot, tookMs: number, settings: SessionSettings): void {
    this.#publish(sentence, { ...applyRules(sentence), model: 'rules', tookMs }, settings);
  }

  #publish(sentence: CleaningSnapshot, { text, changes, model, tookMs }: Cleaned, settings: SessionSettings): void {
    this.#outputs.pushEvent({
      type: 'cleaned',
      channel: sentence.channel,
      sentence: sentence.sentence,
      text,
      changes: [...changes],
      ...(sentence.revised && { revised: sentence.revised }),
      model,
      tookMs: Math.round(tookMs),
    });
    this.#translate({ ...sentence, text }, settings);
  }

  /** The text of the sentence will not change any more. */
  #translate(sentence: CleaningSnapshot, { translations }: SessionSettings): void {
    if (translations !== undefined) this.#translations.request({ ...sentence, told: [] }, translations);
  }

  #notify(code: 'clean.refused' | 'clean.skipped', text: string, sentence: number): void {
    this.#outputs.pushEvent({ type: 'notice', code, text, sentence });
  }
}

const SKIPPED = {
  late: 'The cleaner was late; the rules cleaned this sentence.',
  failed: 'The cleaner failed; the rules cleaned this sentence.',
} as const;
