import { LIMITS } from '../../protocol/index.ts';
import type { ServiceLevel } from '../core/schedule/load-shedder.ts';
import type { SessionInput } from '../core/session/inputs.ts';
import type { DecodeSpan, SessionOutput } from '../core/session/outputs.ts';
import { WHISPER_LANGUAGES } from '../core/session/resolve-settings.ts';
import { SAMPLE_RATE } from '../core/time.ts';
import { buildTranslationPrompt } from '../core/translate/translation.ts';
import type { Assistant } from '../ports/assistant.ts';
import type { Clock } from '../ports/clock.ts';
import { TranslationDropped, type WhisperTranslator } from './whisper-translator.ts';

type Wanted = Extract<SessionOutput, { kind: 'translate' }>;
type Reason = Extract<SessionInput, { kind: 'untranslated' }>['reason'];

export interface SessionTranslatorSetup {
  readonly assistant: Assistant | undefined;
  /** Who translates into English instead; undefined is the assistant. */
  readonly english?: Pick<WhisperTranslator, 'model' | 'spanOf' | 'hear'> | undefined;
  readonly clock: Clock;
  /** Languages that viewers ask for now. */
  readonly wished: () => Iterable<string>;
  readonly answer: (input: SessionInput) => void;
  /** Takes an error that nobody expected; it ends the session. */
  readonly broken: (error: unknown) => void;
}

interface Task {
  readonly sentence: number;
  readonly text: string;
  readonly to: string;
  /** What is to be heard again, where that is how it is translated. */
  readonly span: DecodeSpan | undefined;
  readonly askedMs: number;
  readonly abort: AbortController;
  /** Ends its time. */
  timer: Disposable | undefined;
}

/** Questions of one session that are asked at the same time. */
const RUNNING_MAX = 2;

/** Carries one session's sentences to the assistant, or to the speech model for English, and back, some at a time and each within a time. Nothing waits for it. */
export class SessionTranslator {
  readonly #setup: SessionTranslatorSetup;
  readonly #running = new Set<Task>();
  #waiting: Task[] = [];
  #step: ServiceLevel['step'] = 'none';

  constructor(setup: SessionTranslatorSetup) {
    this.#setup = setup;
  }

  load({ step }: ServiceLevel): void {
    this.#step = step;
  }

  /** Answers with the languages, then for each of them; never before it has returned. */
  begin(wanted: Wanted): void {
    const { sentence, language, to, told } = wanted;
    const { answer, wished, broken } = this.#setup;
    const known = [...wished()].filter((each) => WHISPER_LANGUAGES.has(each) && this.#can(each));
    const languages = [...new Set([...told, ...to, ...known])]
      .filter((each) => each !== language)
      .slice(0, LIMITS.translationsMax)
      .filter((each) => !told.includes(each));
    queueMicrotask(() => {
      try {
        answer({ kind: 'translating', sentence, to: languages });
        for (const each of languages) this.#want(wanted, each);
      } catch (error) {
        broken(error);
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

  #can(to: string): boolean {
    return this.#setup.assistant !== undefined || (to === 'en' && this.#setup.english !== undefined);
  }

  #want(wanted: Wanted, to: string): void {
    const { sentence, text } = wanted;
    const { answer, clock } = this.#setup;
    const english = to === 'en' ? this.#setup.english : undefined;
    if (text === '') return answer({ kind: 'translation', sentence, to, text, model: 'rules', tookMs: 0 });
    if (!this.#can(to)) return answer({ kind: 'untranslated', sentence, to, reason: 'absent' });
    if (this.#step !== 'none' && this.#step !== 'small')
      return answer({ kind: 'untranslated', sentence, to, reason: 'busy' });
    const span = english?.spanOf(wanted);
    if (english !== undefined && span === undefined)
      return answer({ kind: 'untranslated', sentence, to, reason: 'gone' });
    const abort = new AbortController();
    const task: Task = { sentence, text, to, span, askedMs: clock.nowMs(), abort, timer: undefined };
    task.timer = clock.after(LIMITS.translationTimeoutMs, () => this.#skip(task, 'late'));
    this.#waiting.push(task);
    this.#next();
    // The newest is what people are waiting for.
    if (this.#waiting.length > LIMITS.translationsWaitingMax) this.#skip(this.#waiting[0]!, 'full');
    while (this.#heldMs > LIMITS.translationSoundMsMax) {
      const oldest = this.#waiting.find((each) => each.span !== undefined);
      if (oldest === undefined) return;
      this.#skip(oldest, 'full');
    }
  }

  /** Sound that is held for translations, ms. */
  get #heldMs(): number {
    const samples = [...this.#running, ...this.#waiting].reduce(
      (sum, { span }) => sum + (span?.samples.length ?? 0),
      0,
    );
    return (samples / SAMPLE_RATE) * 1_000;
  }

  #next(): void {
    while (this.#running.size < RUNNING_MAX) {
      const task = this.#waiting.shift();
      if (task === undefined) return;
      this.#running.add(task);
      void this.#ask(task).catch(this.#setup.broken);
    }
  }

  async #ask(task: Task): Promise<void> {
    const { assistant, english, clock, answer } = this.#setup;
    const { sentence, text, to, span, askedMs, abort } = task;
    try {
      const reply = await (span === undefined
        ? assistant!.ask(buildTranslationPrompt(text, to), abort.signal)
        : english!.hear(span, abort.signal));
      if (!this.#settle(task)) return;
      const tookMs = clock.nowMs() - askedMs;
      const model = span === undefined ? assistant!.name : english!.model;
      answer({ kind: 'translation', sentence, to, text: reply, model, tookMs });
    } catch (error) {
      // Whoever failed has its own log; a session only has to know that none comes.
      this.#skip(task, error instanceof TranslationDropped ? 'full' : 'failed');
    }
    this.#next();
  }

  #skip(task: Task, reason: Reason): void {
    if (!this.#settle(task)) return;
    task.abort.abort();
    this.#setup.answer({ kind: 'untranslated', sentence: task.sentence, to: task.to, reason });
    this.#next();
  }

  /** Whether it was still open. */
  #settle(task: Task): boolean {
    const at = this.#waiting.indexOf(task);
    if (at >= 0) this.#waiting.splice(at, 1);
    else if (!this.#running.delete(task)) return false;
    task.timer?.[Symbol.dispose]();
    return true;
  }
}
