import t from 'tap';
import type { EventBody } from '../../../../protocol/index.ts';
import type { Hypothesis, Word } from '../../../../server/core/hypothesis.ts';
import type { Span } from '../../../../server/core/session/outputs.ts';
import { SessionCore } from '../../../../server/core/session/session.ts';
import { PIPELINE, type SessionSettings } from '../../../../server/core/session/settings.ts';
import { SAMPLE_RATE } from '../../../../server/core/time.ts';
import { SETTINGS } from '../../../support/session-settings.ts';

/** Two decodes that agree are enough, whatever they weigh. */
const AGREEING = {
  ...PIPELINE,
  commit: { ...PIPELINE.commit, policy: 'agreement', edgeMs: 500, leastMs: 2_000 },
} as const;

/** A speaker who says a word every half second from `from` on, and a session that is answered by hand. */
class Talk {
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
  answer(line: string, fromS: number, change: Partial<Hypothesis> = {}): Span {
    const job = this.#jobs.pop()!;
    const span = this.#session.take(job)!;
    const words = line
      .split(' ')
      .filter(Boolean)
      .map((text, i): Word => {
        const from = (fromS + i / 2) * SAMPLE_RATE;
        return { text, space: true, from, to: from + SAMPLE_RATE * 0.45, confidence: 0.9 };
      });
    const hypothesis: Hypothesis = {
      words,
      language: 'en',
      languageProbability: 1,
      noSpeech: 0,
      averageLogProbability: -0.1,
      compressionRatio: 1,
      stop: 'end',
      decodeMs: 1,
      ...change,
    };
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

/** Three seconds of speech, whose first sentence is final. */
function begun(settings: Partial<SessionSettings> = {}): Talk {
  const talk = new Talk(settings);
  talk.hear(2.5, true);
  talk.answer('I saw a cat.', 0, { languageProbability: 0.99 });
  talk.hear(0.5, true);
  talk.answer('I saw a cat. It ran', 0);
  talk.hear(0.5, true);
  talk.answer('I saw a cat. It ran away', 0);
  t.same(talk.finals, ['I saw a cat.']);
  talk.hear(0.5, true);
  return talk;
}

t.test('the open sentence is decoded with the one before, whose words are sent once', async (t) => {
  const talk = begun();
  const span = talk.answer('I saw the cat, it ran away from', 0);
  t.equal(span.fromSample, 0, 'from the start of the sentence before');
  t.equal(span.prompt, '', 'which is heard and need not be told');
  talk.hear(1, false);
  talk.answer('I saw the cat, it ran away from us.', 0);
  t.same(talk.finals, ['I saw a cat.', 'It ran away from us.']);
});

t.test('a decode that hears nothing behind the sentence before is made again without it', async (t) => {
  const talk = begun();
  talk.answer('I saw a cat. It ran away from', 0);
  talk.hear(0.3, false);
  talk.answer('I saw a cat.', 0);
  t.ok(talk.asked, 'it is asked again');
  const again = talk.answer('It ran away from us.', 2);
  t.ok(again.fromSample > SAMPLE_RATE, 'from where the open sentence starts');
  t.equal(again.prompt, 'I saw a cat.');
  talk.hear(1, false);
  t.same(talk.finals, ['I saw a cat.', 'It ran away from us.']);
});

t.test(
  'while the language is to be detected the sentence before is left out; once it is sure, it is not',
  async (t) => {
    const talk = begun({ language: 'auto' });
    const first = talk.answer('It ran away from', 2, { languageProbability: 0.99 });
    t.ok(first.language === 'auto' && first.fromSample > SAMPLE_RATE, 'a new sentence may be in another language');
    talk.hear(0.5, true);
    const second = talk.answer('I saw a cat. It ran away from us', 0);
    t.ok(second.language === 'en' && second.fromSample === 0, 'this one is not');
  },
);

t.test('a translation does not lead', async (t) => {
  const talk = begun({ task: 'translate' });
  t.ok(talk.answer('It ran away from', 2).fromSample > SAMPLE_RATE);
});
