import type { EventBody } from '../../protocol/index.ts';
import type { Hypothesis, Word } from '../../server/core/hypothesis.ts';
import type { DecodeSpan } from '../../server/core/session/outputs.ts';
import { SessionCore } from '../../server/core/session/session.ts';
import { PIPELINE, type SessionSettings } from '../../server/core/session/settings.ts';
import { SAMPLE_RATE } from '../../server/core/time.ts';
import { SETTINGS } from './session-settings.ts';
import { sureHypothesis } from './sure-hypothesis.ts';

/** Two decodes that agree are enough, whatever they weigh. */
const AGREEING = {
  ...PIPELINE,
  commit: { ...PIPELINE.commit, policy: 'agreement', edgeMs: 500, leastMs: 2_000 },
} as const;

/** A speaker who says a word every half second from `from` on, and a session that is answered by hand. */
export class Talk {
  readonly finals: string[] = [];
  readonly #session: SessionCore;
  #jobs: number[] = [];

  constructor(settings: Partial<SessionSettings> = {}) {
    this.#session = new SessionCore({ ...SETTINGS, ...settings }, AGREEING);
  }

  hear(seconds: number, voice: boolean): void {
    for (let i = 0; i < seconds * 10; i++) {
      const samples = Float32Array.from({ length: SAMPLE_RATE / 10 }, (_, n) => (voice ? Math.sin(n / 5) * 0.3 : 0));
      this.#do(this.#session.handle({ kind: 'audio', channels: [samples] }), voice);
    }
  }

  /** Answers the newest job with these words, half a second each, from the moment `fromS` on; gives what was asked. */
  answer(line: string, fromS: number, change: Partial<Hypothesis> = {}): DecodeSpan {
    const job = this.#jobs.pop()!;
    const span = this.#session.take(job)!;
    const words = line
      .split(' ')
      .filter(Boolean)
      .map((text, i): Word => {
        const from = (fromS + i / 2) * SAMPLE_RATE;
        return { text, space: true, from, to: from + SAMPLE_RATE * 0.45, confidence: 0.9 };
      });
    const hypothesis = sureHypothesis(words, change);
    this.#do(this.#session.handle({ kind: 'hypothesis', job, hypothesis }), true);
    return span;
  }

  get asked(): boolean {
    return this.#jobs.length > 0;
  }

  #do(outputs: ReturnType<SessionCore['handle']>, voice: boolean): void {
    for (const output of outputs) {
      if (output.kind === 'detect')
        this.#do(this.#session.handle({ ...output, kind: 'probability', value: voice ? 0.95 : 0.02 }), voice);
      if (output.kind === 'recognise') this.#jobs.push(output.job);
      if (output.kind === 'forget') this.#jobs = this.#jobs.filter((job) => job !== output.job);
      if (output.kind === 'event') this.#note(output.event);
    }
  }

  #note(event: EventBody): void {
    if (event.type === 'final') this.finals.push(event.text);
  }
}
