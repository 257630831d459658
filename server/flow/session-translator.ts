import { LIMITS } from '../../protocol/index.ts';
import type { ServiceLevel } from '../core/schedule/load-shedder.ts';
import type { SessionInput } from '../core/session/inputs.ts';
import type { DecodeSpan, SessionOutput } from '../core/session/outputs.ts';
import { WHISPER_LANGUAGES } from '../core/session/resolve-settings.ts';
import { SAMPLE_RATE } from '../core/time.ts';
import { buildTranslationPrompt } from '../core/translate/translation.ts';
import type { Assistant } from '../ports/assistant.ts';
import type { Clock } from '../ports/clock.ts';
import { DecodeDropped } from './idle-decoder.ts';
import type { WhisperTranslator } from './whisper-translator.ts';

type TranslateOutput = Extract<SessionOutput, { kind: 'translate' }>;
type Translated = Extract<SessionInput, { kind: 'translation' }>;
type Untranslated = Extract<SessionInput, { kind: 'untranslated' }>;
type FailureReason = Untranslated['reason'];
/** What came of a task. */
type Outcome = Pick<Translated, 'kind' | 'text' | 'model' | 'tookMs'> | Pick<Untranslated, 'kind' | 'reason'>;

export interface SessionTranslatorSetup {
  readonly assistant: Assistant | undefined;
  /** Translates into English instead; undefined leaves that to the assistant. */
  readonly whisper?: Pick<WhisperTranslator, 'model' | 'buildSpan' | 'translate'> | undefined;
  readonly clock: Clock;
  /** Languages that viewers request now. */
  readonly getRequestedLanguages: () => Iterable<string>;
  readonly onResult: (input: SessionInput) => void;
  /** Takes an unexpected error; it ends the session. */
  readonly onError: (error: unknown) => void;
}

interface Task {
  readonly sentence: number;
  /** The request that the result answers: it may change while the same audio is decoded. */
  revised: true | undefined;
  readonly text: string;
  readonly language: string;
  /** The audio to decode again, if that is how it is translated. */
  readonly span: DecodeSpan | undefined;
  readonly askedMs: number;
  readonly abort: AbortController;
  /** Ends the task when its time is over. */
  timer: Disposable | undefined;
}

/** How many translations of one session run at the same time. */
const CONCURRENT_MAX = 2;

/**
 * Has one session's sentences translated by the assistant, or by the speech model for English, some at a time and each
 * within a time limit. Nothing waits for it.
 */
export class SessionTranslator {
  readonly #setup: SessionTranslatorSetup;
  readonly #running = new Set<Task>();
  #waiting: Task[] = [];
  /** Sentences whose languages are reported in a moment: results for them come behind that. */
  readonly #unreported = new Set<number>();
  #loadStep: ServiceLevel['step'] = 'none';

  constructor(setup: SessionTranslatorSetup) {
    this.#setup = setup;
  }

  setServiceLevel({ step }: ServiceLevel): void {
    this.#loadStep = step;
  }

  /** Reports the languages, then a result for each of them; never before it has returned. */
  translate(request: TranslateOutput): void {
    const { sentence, language, to, told, revised } = request;
    const { onResult, getRequestedLanguages, onError } = this.#setup;
    const redecoded = revised ? this.#voidTasks(sentence) : [];
    const requested = [...getRequestedLanguages()].filter(
      (each) => WHISPER_LANGUAGES.has(each) && this.#canTranslate(each),
    );
    const languages = [...new Set([...told, ...to, ...requested])]
      .filter((each) => each !== language)
      .slice(0, LIMITS.translationsMax)
      .filter((each) => !told.includes(each))
      // The speech model translates the audio, which is the same.
      .filter((each) => !revised || redecoded.includes(each) || !this.#isTranslatedByWhisper(each));
    this.#unreported.add(sentence);
    queueMicrotask(() => {
      try {
        this.#unreported.delete(sentence);
        onResult({ kind: 'translating', sentence, revised, to: languages });
        for (const each of languages.filter((to) => !redecoded.includes(to))) this.#enqueue(request, each);
      } catch (error) {
        onError(error);
      }
    });
  }

  close(): void {
    for (const task of [...this.#running, ...this.#waiting]) {
      task.timer?.[Symbol.dispose]();
      task.abort.abort();
    }
    this.#running.clear();
    this.#waiting = [];
  }

  /**
   * The text of a sentence is another now. Ends translations of the text before, except those by the speech model, which become
   * translations of the new one; returns their languages.
   */
  #voidTasks(sentence: number): string[] {
    const tasks = [...this.#running, ...this.#waiting].filter((task) => task.sentence === sentence);
    for (const task of tasks) {
      task.revised = true;
      if (task.span === undefined && this.#settle(task)) task.abort.abort();
    }
    this.#startNext();
    return tasks.flatMap(({ span, language }) => (span === undefined ? [] : [language]));
  }

  #isTranslatedByWhisper(to: string): boolean {
    return to === 'en' && this.#setup.whisper !== undefined;
  }

  #canTranslate(to: string): boolean {
    return this.#setup.assistant !== undefined || (to === 'en' && this.#setup.whisper !== undefined);
  }

  #enqueue(request: TranslateOutput, to: string): void {
    const { sentence, text, revised } = request;
    const { onResult, clock } = this.#setup;
    const whisper = this.#isTranslatedByWhisper(to) ? this.#setup.whisper : undefined;
    const answer = { sentence, revised, to };
    if (text === '') return onResult({ kind: 'translation', ...answer, text, model: 'rules', tookMs: 0 });
    if (!this.#canTranslate(to)) return onResult({ kind: 'untranslated', ...answer, reason: 'absent' });
    if (this.#loadStep !== 'none' && this.#loadStep !== 'small')
      return onResult({ kind: 'untranslated', ...answer, reason: 'busy' });
    const span = whisper?.buildSpan(request);
    if (whisper !== undefined && span === undefined)
      return onResult({ kind: 'untranslated', ...answer, reason: 'gone' });
    const abort = new AbortController();
    const task: Task = { sentence, revised, text, language: to, span, askedMs: clock.nowMs(), abort, timer: undefined };
    task.timer = clock.setTimer(LIMITS.translationTimeoutMs, () => this.#fail(task, 'late'));
    this.#waiting.push(task);
    this.#startNext();
    // The newest sentence is what people are waiting for.
    if (this.#waiting.length > LIMITS.translationsWaitingMax) this.#fail(this.#waiting[0]!, 'full');
    while (this.#heldAudioMs > LIMITS.translationSoundMsMax) {
      const oldest = this.#waiting.find((each) => each.span !== undefined);
      if (oldest === undefined) return;
      this.#fail(oldest, 'full');
    }
  }

  /** Audio held for translations, ms. */
  get #heldAudioMs(): number {
    const samples = [...this.#running, ...this.#waiting].reduce(
      (sum, { span }) => sum + (span?.samples.length ?? 0),
      0,
    );
    return (samples / SAMPLE_RATE) * 1_000;
  }

  #startNext(): void {
    while (this.#running.size < CONCURRENT_MAX) {
      const task = this.#waiting.shift();
      if (task === undefined) return;
      this.#running.add(task);
      void this.#run(task).catch(this.#setup.onError);
    }
  }

  async #run(task: Task): Promise<void> {
    const { assistant, whisper, clock } = this.#setup;
    const { text, language: to, span, askedMs, abort } = task;
    try {
      const reply = await (span === undefined
        ? assistant!.complete(buildTranslationPrompt(text, to), abort.signal)
        : whisper!.translate(span, abort.signal));
      if (!this.#settle(task)) return;
      const tookMs = clock.nowMs() - askedMs;
      const model = span === undefined ? assistant!.name : whisper!.model;
      this.#report(task, { kind: 'translation', text: reply, model, tookMs });
    } catch (error) {
      // The failing part has its own log; the session only has to know that no translation comes.
      this.#fail(task, error instanceof DecodeDropped ? 'full' : 'failed');
    }
    this.#startNext();
  }

  #fail(task: Task, reason: FailureReason): void {
    if (!this.#settle(task)) return;
    task.abort.abort();
    this.#report(task, { kind: 'untranslated', reason });
    this.#startNext();
  }

  #report({ sentence, revised, language: to }: Task, outcome: Outcome): void {
    const { onResult, onError } = this.#setup;
    const result = { ...outcome, sentence, revised, to };
    if (!this.#unreported.has(sentence)) return onResult(result);
    queueMicrotask(() => {
      try {
        onResult(result);
      } catch (error) {
        onError(error);
      }
    });
  }

  /** Returns whether the task was still open. */
  #settle(task: Task): boolean {
    const at = this.#waiting.indexOf(task);
    if (at >= 0) this.#waiting.splice(at, 1);
    else if (!this.#running.delete(task)) return false;
    task.timer?.[Symbol.dispose]();
    return true;
  }
}
