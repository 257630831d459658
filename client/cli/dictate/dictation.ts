import type { ServerEvent, Session } from '../../sdk/index.ts';
import type { AudioCapture } from './audio-input.ts';
import { Plan, type PlanInput, type PlanSettings } from './core/plan.ts';
import type { HistoryFile } from './history-file.ts';
import type { Recording } from './recording.ts';
import type { InsertionTarget, TextInserter } from './text-inserter.ts';

export interface DictationParts {
  readonly listening: AudioCapture;
  readonly session: Session;
  readonly target: InsertionTarget;
  readonly textInserter: TextInserter;
  readonly history: HistoryFile;
  readonly recording: Recording | undefined;
  readonly plan: PlanSettings;
  readonly notify: (text: string) => void;
  readonly print: (text: string) => void;
  /** Resolves when the previous dictation is done: its text comes first. */
  readonly after: Promise<void>;
}

/** Longest wait for the last words, ms. */
const FINISH_MS = 60_000;

/** One dictation: audio goes to the server, its events to the plan, and the plan's output to the text inserter. */
export class Dictation {
  readonly id: string;
  /** Resolves when the dictation is over and its text is inserted. */
  readonly over: Promise<void>;
  /** Number of sentences so far. */
  sentences = 0;
  readonly #parts: DictationParts;
  readonly #plan: Plan;
  readonly #cancelled = new AbortController();
  readonly #waits = new Set<ReturnType<typeof setTimeout>>();
  readonly #openIds = new Set<string>();
  #work: Promise<void>;

  constructor(parts: DictationParts) {
    this.#parts = parts;
    this.id = parts.plan.dictation;
    this.#plan = new Plan(parts.plan);
    this.#work = parts.after;
    this.over = this.#run();
  }

  /** Ends the audio; what was said is still inserted. */
  end(): void {
    this.#parts.listening.stop();
  }

  /** Ends the dictation; nothing more is inserted. */
  cancel(): void {
    this.#cancelled.abort();
    this.#parts.listening.stop();
    this.#parts.session.close();
  }

  async #run(): Promise<void> {
    const { session, recording, notify, print: line, history } = this.#parts;
    session.onConnection((state) => {
      if (state.state === 'resumed') line('The connection is back.');
      else if (state.attempt === 1) line('The connection is lost; trying to get back.');
    });
    const reading = this.#read();
    const sounding = this.#send().catch((error) => notify(error instanceof Error ? error.message : String(error)));
    // When the server ends the session, the dictation ends and the microphone is closed.
    void session.closed.then(() => this.end());
    await sounding;
    const ended = await this.#finish(session);
    await reading;
    for (const timer of this.#waits) clearTimeout(timer);
    if (this.#cancelled.signal.aborted) {
      for (const id of this.#openIds) history.write({ kind: 'state', id, state: 'cancelled' });
      recording?.close('done');
      return;
    }
    this.#runPlan({ kind: 'over' });
    await this.#work;
    recording?.close(ended === undefined ? 'done' : 'kept');
    if (ended !== undefined)
      notify(`${ended} Words that were still to come are kept as sound and heard at the next start of sotto dictate.`);
  }

  async #send(): Promise<void> {
    const { listening, session, recording } = this.#parts;
    for await (const chunk of listening.chunks()) {
      recording?.write(chunk);
      session.send(chunk);
    }
  }

  /** Waits for the last words. Resolves with what went wrong, or undefined. */
  async #finish(session: Session): Promise<string | undefined> {
    if (this.#cancelled.signal.aborted) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve('The server did not finish.'), FINISH_MS);
    });
    const done = session.finish().then(
      () => undefined,
      (error) => (error instanceof Error ? error.message : String(error)),
    );
    const outcome = await Promise.race([done, late]);
    clearTimeout(timer);
    if (outcome !== undefined) session.close();
    return outcome;
  }

  async #read(): Promise<void> {
    for await (const event of this.#parts.session) this.#handleEvent(event);
  }

  #handleEvent(event: ServerEvent): void {
    if (this.#cancelled.signal.aborted) return;
    const { history, print: line } = this.#parts;
    switch (event.type) {
      case 'partial':
        return this.#runPlan({ kind: 'partial', sentence: event.sentence, stable: event.stable });
      case 'final': {
        const id = this.#toSentenceId(event.sentence);
        this.sentences++;
        this.#openIds.add(id);
        // Saved before anything else is done with it.
        const { text, toMs, sentence, language } = event;
        history.write({ kind: 'said', id, at: new Date().toISOString(), text, toMs });
        return this.#runPlan({ kind: 'final', sentence, text, language });
      }
      case 'cleaned':
        history.write({ kind: 'cleaned', id: this.#toSentenceId(event.sentence), text: event.text });
        return this.#runPlan({ kind: 'cleaned', sentence: event.sentence, text: event.text });
      case 'notice':
        if (/^clean\.(skipped|refused)$/.test(event.code) && event.sentence !== undefined)
          return this.#runPlan({ kind: 'uncleaned', sentence: event.sentence });
        if (event.code === 'lag' || event.code === 'audio.invalid') line(event.text);
        return;
      case 'fault':
        return line(event.text);
      default:
        return;
    }
  }

  #runPlan(input: PlanInput): void {
    const { textInserter, target } = this.#parts;
    for (const output of this.#plan.read(input)) {
      if (output.kind === 'wait') {
        const timer = setTimeout(() => {
          this.#waits.delete(timer);
          this.#runPlan({ kind: 'uncleaned', sentence: output.sentence });
        }, output.ms);
        this.#waits.add(timer);
        continue;
      }
      const ids = output.sentences.map((sentence) => this.#toSentenceId(sentence));
      for (const id of ids) this.#openIds.delete(id);
      this.#work = this.#work.then(() => textInserter.insert(target, { ...output, ids }, this.#cancelled.signal));
    }
  }

  #toSentenceId(sentence: number): string {
    return `${this.id}.${sentence}`;
  }
}
