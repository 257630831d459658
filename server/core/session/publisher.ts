import type { Change, EventBody, WireWord } from '../../../protocol/index.ts';
import { checkRewrite } from '../clean/guard.ts';
import { cleanByRules } from '../clean/rules.ts';
import type { Word } from '../hypothesis.ts';
import { joinWords } from '../stable/words.ts';
import { samplesToMs } from '../time.ts';
import type { SampleRange, SessionOutput } from './outputs.ts';
import type { SessionSettings } from './settings.ts';
import type { SessionSnapshot } from './snapshot.ts';
import { Translations } from './translations.ts';

/** Finals kept as context for the cleaner and the recogniser's prompt. */
const CONTEXT_SENTENCES = 3;

interface Cleaning {
  readonly text: string;
  readonly channel: number;
  readonly language: string;
  readonly sound?: SampleRange | undefined;
}

type PublisherSeed = Pick<SessionSnapshot, 'sentences' | 'finals' | 'context' | 'cleaning' | 'translating'>;

/** What the sentence on screen says now. */
export interface ShownSentence {
  readonly channel: number;
  readonly sentence: number;
  readonly revision: number;
  readonly stable: readonly Word[];
  readonly hanging: string;
  readonly tentative: readonly Word[];
}

/**
 * Numbers sentences and turns decisions into events.
 * Invariant: one final per sentence number, and a cleaning only for a sentence that is final.
 */
export class Publisher {
  readonly #settings: () => SessionSettings;
  #outputs: SessionOutput[] = [];
  #sentences: number;
  #finals: number;
  readonly #context: string[];
  readonly #cleaning = new Map<number, Cleaning>();
  readonly translations = new Translations((output) => this.ask(output));

  /** `seed` is how it stood before a restart: what was being cleaned or translated then is asked for again. */
  constructor(settings: () => SessionSettings, seed?: PublisherSeed) {
    this.#settings = settings;
    this.#sentences = seed?.sentences ?? 0;
    this.#finals = seed?.finals ?? 0;
    this.#context = [...(seed?.context ?? [])];
    for (const { sentence, ...waiting } of seed?.cleaning ?? []) this.#clean(sentence, waiting);
    for (const wanted of seed?.translating ?? []) this.translations.want(wanted, this.#settings().translations ?? []);
  }

  get seed(): PublisherSeed {
    const cleaning = [...this.#cleaning].map(([sentence, waiting]) => ({ sentence, ...waiting }));
    const translating = this.translations.seed;
    return { sentences: this.#sentences, finals: this.#finals, context: [...this.#context], cleaning, translating };
  }

  /** Sentences that are being cleaned or translated. */
  get revising(): number {
    return this.#cleaning.size + this.translations.size;
  }

  get finals(): number {
    return this.#finals;
  }

  /** The last final texts, oldest first. */
  get context(): readonly string[] {
    return this.#context;
  }

  drain(): SessionOutput[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  ask(output: SessionOutput): void {
    this.#outputs.push(output);
  }

  event(event: EventBody): void {
    this.#outputs.push({ kind: 'event', event });
  }

  nextSentence(): number {
    return ++this.#sentences;
  }

  partial(shown: ShownSentence): void {
    const { stable, tentative, hanging } = shown;
    const words = [...stable, ...tentative];
    const text = tentative.map((word, i) => (word.space && stable.length + i > 0 ? ` ${word.text}` : word.text));
    this.event({
      type: 'partial',
      channel: shown.channel,
      sentence: shown.sentence,
      revision: shown.revision,
      stable: joinWords(stable),
      tentative: hanging + text.join(''),
      words: words.map(wireWord),
      stableWords: stable.length,
      fromMs: samplesToMs(words[0]?.from ?? 0),
      toMs: samplesToMs(words.at(-1)?.to ?? 0),
    });
  }

  final(channel: number, sentence: number, words: readonly Word[], language: string): void {
    const text = joinWords(words);
    this.#finals++;
    this.event({
      type: 'final',
      channel,
      sentence,
      text,
      words: words.map(wireWord),
      fromMs: samplesToMs(words[0]!.from),
      toMs: samplesToMs(words.at(-1)!.to),
      language,
    });
    const sound = { from: words[0]!.from, to: words.at(-1)!.to };
    this.#clean(sentence, { channel, text, language, sound });
    this.#context.push(text);
    if (this.#context.length > CONTEXT_SENTENCES) this.#context.shift();
  }

  rewritten(sentence: number, rewrite: string, model: string, tookMs: number): void {
    const waiting = this.#settle(sentence);
    if (waiting === undefined) return;
    const verdict = checkRewrite(waiting.text, rewrite, waiting.language);
    if (verdict.accepted) {
      this.#accept(sentence, waiting, rewrite, verdict.changes, model, tookMs);
      return;
    }
    this.#notice('clean.refused', `The rewrite was not kept: ${verdict.reason}.`, sentence);
    this.#byRules(sentence, waiting, tookMs);
  }

  unwritten(sentence: number, reason: 'late' | 'absent' | 'failed', tookMs: number): void {
    const waiting = this.#settle(sentence);
    if (waiting === undefined) return;
    if (reason !== 'absent') this.#notice('clean.skipped', SKIPPED[reason], sentence);
    this.#byRules(sentence, waiting, tookMs);
  }

  #clean(sentence: number, waiting: Cleaning): void {
    const { text, language } = waiting;
    const { mode, instruction } = this.#settings().cleanup;
    if (mode === 'off') return this.#translate(sentence, waiting);
    this.#cleaning.set(sentence, waiting);
    this.ask({ kind: 'clean', sentence, text, language, context: [...this.#context], instruction, mode });
  }

  #settle(sentence: number): Cleaning | undefined {
    const waiting = this.#cleaning.get(sentence);
    this.#cleaning.delete(sentence);
    return waiting;
  }

  /** Models leave a hesitation standing now and then; the rules take it, unless the user wants a style of their own. */
  #accept(
    sentence: number,
    waiting: Cleaning,
    rewrite: string,
    changes: readonly Change[],
    model: string,
    tookMs: number,
  ): void {
    const text = this.#settings().cleanup.instruction === '' ? cleanByRules(rewrite, waiting.language) : rewrite;
    const verdict = checkRewrite(waiting.text, text, waiting.language);
    if (verdict.accepted) this.#cleaned(sentence, waiting, text, verdict.changes, model, tookMs);
    else this.#cleaned(sentence, waiting, rewrite, changes, model, tookMs);
  }

  #byRules(sentence: number, waiting: Cleaning, tookMs: number): void {
    const text = cleanByRules(waiting.text, waiting.language);
    const verdict = checkRewrite(waiting.text, text, waiting.language);
    // The rules only remove what the guard lets go; if they ever disagree, the raw words win.
    if (verdict.accepted) this.#cleaned(sentence, waiting, text, verdict.changes, 'rules', tookMs);
    else this.#cleaned(sentence, waiting, waiting.text, [], 'rules', tookMs);
  }

  #cleaned(
    sentence: number,
    waiting: Cleaning,
    text: string,
    changes: readonly Change[],
    model: string,
    tookMs: number,
  ): void {
    const { channel } = waiting;
    this.event({ type: 'cleaned', channel, sentence, text, changes: [...changes], model, tookMs: Math.round(tookMs) });
    this.#translate(sentence, { ...waiting, text });
  }

  /** Its text will not change any more. */
  #translate(sentence: number, waiting: Cleaning): void {
    const { translations } = this.#settings();
    if (translations !== undefined) this.translations.want({ sentence, ...waiting, told: [] }, translations);
  }

  #notice(code: 'clean.refused' | 'clean.skipped', text: string, sentence: number): void {
    this.event({ type: 'notice', code, text, sentence });
  }
}

const SKIPPED = {
  late: 'The cleaner was late; the rules cleaned this sentence.',
  failed: 'The cleaner failed; the rules cleaned this sentence.',
} as const;

function wireWord(word: Word): WireWord {
  return {
    text: word.text,
    fromMs: samplesToMs(word.from),
    toMs: samplesToMs(word.to),
    confidence: Math.round(word.confidence * 1_000) / 1_000,
  };
}
