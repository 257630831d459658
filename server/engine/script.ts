import type { Hypothesis } from '../core/hypothesis.ts';
import { SAMPLE_RATE } from '../core/time.ts';
import type { DecodeAnswer, DecodeJob, Recogniser, RecogniserInfo } from '../ports/recogniser.ts';

/** A word of the script, in seconds of the stream. */
export interface ScriptWord {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** Answers from a script, deterministically: for tests and demos that need words without a model. */
export class ScriptedRecogniser implements Recogniser {
  readonly slots: number;
  readonly jobs: DecodeJob[] = [];
  readonly #words: readonly ScriptWord[];
  /** Answers to give instead, oldest first; `undefined` means the script's own. */
  readonly #failures: ('engine.crashed' | undefined)[] = [];
  #gate: Promise<void> = Promise.resolve();

  constructor(words: readonly ScriptWord[], slots = 2) {
    this.#words = words;
    this.slots = slots;
  }

  ready(): Promise<RecogniserInfo> {
    const info = {
      engine: 'script',
      model: 'script',
      multilingual: true,
      slots: this.slots,
      realTimeFactor: 0.01,
    } as const;
    return Promise.resolve({ ...info, detail: 'answers from a script' });
  }

  /** Makes the next `count` decodes fail as if their worker had died twice. */
  failNext(count: number): void {
    for (let i = 0; i < count; i++) this.#failures.push('engine.crashed');
  }

  /** Holds back all answers until `until` resolves. */
  holdAnswers(until: Promise<void>): void {
    this.#gate = until;
  }

  async decode(job: DecodeJob): Promise<DecodeAnswer> {
    this.jobs.push(job);
    await this.#gate;
    const code = this.#failures.shift();
    if (code !== undefined) return { kind: 'failed', job: job.id, code, text: 'The script says so.' };
    return { kind: 'hypothesis', job: job.id, hypothesis: this.#createHypothesis(job) };
  }

  abort(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The script's words whose middle is inside the span. */
  #createHypothesis(job: DecodeJob): Hypothesis {
    const end = job.fromSample + job.samples.length;
    const words = this.#words
      .map(({ text, from, to }) => ({ text, from: Math.round(from * SAMPLE_RATE), to: Math.round(to * SAMPLE_RATE) }))
      .filter(({ from, to }) => (from + to) / 2 >= job.fromSample && (from + to) / 2 < end)
      .map((word) => ({ ...word, space: true, confidence: 0.9 }));
    return {
      words,
      language: job.language === 'auto' ? 'en' : job.language,
      languageProbability: 1,
      noSpeech: 0,
      averageLogProbability: -0.1,
      compressionRatio: 1,
      stop: 'end',
      decodeMs: 1,
    };
  }
}
