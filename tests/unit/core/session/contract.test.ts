import t from 'tap';
import type { EventBody } from '../../../../protocol/index.ts';
import type { Word } from '../../../../server/core/hypothesis.ts';
import type { SessionOutput } from '../../../../server/core/session/outputs.ts';
import { SessionCore } from '../../../../server/core/session/session.ts';
import { PIPELINE, type PipelineOptions, type SessionSettings } from '../../../../server/core/session/settings.ts';
import type { SessionSnapshot } from '../../../../server/core/session/snapshot.ts';
import { VAD_WINDOW_SAMPLES } from '../../../../server/core/speech/vad-history.ts';
import fc from '../../../support/fast-check.ts';
import { SETTINGS as ONE_SPEAKER } from '../../../support/session-settings.ts';
import { sureHypothesis } from '../../../support/sure-hypothesis.ts';

const SETTINGS: SessionSettings = {
  ...ONE_SPEAKER,
  partials: { mode: 'revisable', everyMs: 100 },
  cleanup: { mode: 'rules', instruction: '' },
};
const VOCABULARY = [
  'the',
  'The',
  'cat',
  'cat,',
  'sat',
  'sat.',
  'on',
  'On',
  'mat.',
  'mat?',
  '10',
  'so',
  'um',
  'yes!',
  'Dr.',
];

const LOUD = Float32Array.from({ length: VAD_WINDOW_SAMPLES * 40 }, (_, i) => Math.sin(i / 5) * 0.3);
const QUIET = new Float32Array(VAD_WINDOW_SAMPLES * 40);

type Step =
  | { readonly kind: 'hear'; readonly voice: boolean; readonly windows: number }
  | { readonly kind: 'answer'; readonly pick: number; readonly words: readonly number[]; readonly sure: boolean }
  | { readonly kind: 'lose'; readonly pick: number; readonly failed: boolean }
  | { readonly kind: 'clean'; readonly pick: number; readonly late: boolean }
  | { readonly kind: 'flush' }
  | { readonly kind: 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('hear' as const), voice: fc.boolean(), windows: fc.nat(40) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      pick: fc.nat(3),
      words: fc.array(fc.nat(VOCABULARY.length - 1), { maxLength: 14 }),
      sure: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), pick: fc.nat(3), failed: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('clean' as const), pick: fc.nat(3), late: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'flush' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
);

/** Drives a session with random answers to whatever it asks, and holds every event to the contract. */
class Harness {
  readonly events: EventBody[] = [];
  steps = 0;
  flushes = 0;
  restarts = 0;
  #session: SessionCore;
  readonly #pipeline: PipelineOptions;
  readonly #jobs: number[] = [];
  /** Everything heard, and what the VAD said of each window. */
  readonly #tones: Float32Array[] = [];
  readonly #verdicts: number[] = [];
  readonly #cleanings: { sentence: number; text: string }[] = [];
  readonly #stable = new Map<number, string>();
  readonly #finals = new Map<number, string>();
  readonly #cleaned = new Set<number>();
  /** Ends of speech that are not settled yet. */
  #unsettled: number[] = [];
  #speaking = false;
  #voice = false;

  constructor(policy: PipelineOptions['commit']['policy']) {
    // Short segments, so that speech is often cut where no sentence ends.
    const segment = { softMs: 1_000, hardMs: 5_000 };
    this.#pipeline = { ...PIPELINE, segment, commit: { ...PIPELINE.commit, policy } };
    this.#session = new SessionCore(SETTINGS, this.#pipeline);
  }

  run(one: Step): void {
    this.steps++;
    if (one.kind === 'hear') {
      this.#voice = one.voice;
      const tone = (one.voice ? LOUD : QUIET).subarray(0, VAD_WINDOW_SAMPLES * one.windows);
      this.#tones.push(tone);
      this.#take(this.#session.handle({ kind: 'audio', channels: [tone] }));
    }
    if (one.kind === 'restart') this.#restart();
    if (one.kind === 'answer') this.#answer(one.pick, one.words, one.sure);
    if (one.kind === 'lose') {
      const [job] = this.#jobs.splice(one.pick, 1);
      const reason = one.failed ? 'failed' : 'dropped';
      if (job !== undefined) this.#take(this.#session.handle({ kind: 'undecoded', job, reason }));
    }
    if (one.kind === 'clean') this.#clean(one.pick, one.late);
    if (one.kind === 'flush') {
      this.flushes++;
      this.#take(this.#session.handle({ kind: 'flush', id: undefined }));
    }
  }

  /** The process is gone with everything but the seed and the audio from there on. */
  #restart(): void {
    this.restarts++;
    const seed = JSON.parse(JSON.stringify(this.#session.seed)) as SessionSnapshot;
    const heard = this.#session.heardSamples;
    this.#jobs.length = 0;
    this.#cleanings.length = 0;
    this.#session = new SessionCore(SETTINGS, this.#pipeline, seed);
    const again = new Float32Array(heard - seed.from);
    let at = 0;
    for (const tone of this.#tones) {
      if (at + tone.length > seed.from)
        again.set(tone.subarray(Math.max(0, seed.from - at)), Math.max(0, at - seed.from));
      at += tone.length;
    }
    this.#take(this.#session.handle({ kind: 'audio', channels: [again] }));
  }

  end(): void {
    this.#take(this.#session.handle({ kind: 'finish' }));
    for (let i = 0; i < 1_000 && (this.#jobs.length > 0 || this.#cleanings.length > 0); i++) {
      this.#answer(0, [0, 2, 4], true);
      this.#clean(0, false);
    }
    if (this.#session.state !== 'closed') throw new Error('the session did not close');
    const flushed = this.events.filter((event) => event.type === 'flushed').length;
    if (flushed !== this.flushes) throw new Error(`${this.flushes} flushes, ${flushed} answers`);
    if (this.#speaking || this.#unsettled.length > 0) throw new Error('speech was never settled');
    if (this.#finals.size !== this.#cleaned.size) throw new Error('a final was never cleaned');
    for (const sentence of this.#stable.keys()) {
      if (!this.#finals.has(sentence) && this.#stable.get(sentence) !== '')
        throw new Error(`stable text of ${sentence} was lost`);
    }
  }

  #answer(pick: number, indices: readonly number[], sure: boolean): void {
    const [job] = this.#jobs.splice(pick, 1);
    if (job === undefined) return;
    const span = this.#session.take(job);
    if (span === undefined) return;
    const each = span.samples.length / Math.max(1, indices.length);
    const words = indices.map((index, i): Word => {
      const from = Math.round(span.fromSample + i * each);
      return {
        text: VOCABULARY[index]!,
        space: true,
        from,
        to: Math.round(from + each),
        confidence: sure ? 0.99 : 0.5,
      };
    });
    const hypothesis = sureHypothesis(words);
    this.#take(this.#session.handle({ kind: 'hypothesis', job, hypothesis }));
  }

  #clean(pick: number, late: boolean): void {
    const [wanted] = this.#cleanings.splice(pick, 1);
    if (wanted === undefined) return;
    const { sentence, text } = wanted;
    const input = late
      ? ({ kind: 'unwritten', sentence, reason: 'late', tookMs: 1 } as const)
      : ({ kind: 'rewrite', sentence, text, model: 'test', tookMs: 1 } as const);
    this.#take(this.#session.handle(input));
  }

  #take(outputs: readonly SessionOutput[]): void {
    for (const output of outputs) {
      if (output.kind === 'detect') {
        const { channel, from, to } = output;
        this.#verdicts[from / VAD_WINDOW_SAMPLES] ??= this.#voice ? 0.95 : 0.02;
        const value = this.#verdicts[from / VAD_WINDOW_SAMPLES]!;
        this.#take(this.#session.handle({ kind: 'probability', channel, from, to, value }));
      }
      if (output.kind === 'recognise') this.#jobs.push(output.job);
      if (output.kind === 'forget') this.#jobs.splice(this.#jobs.indexOf(output.job) >>> 0, 1);
      if (output.kind === 'clean') this.#cleanings.push(output);
      if (output.kind === 'event') this.#check(output.event);
    }
  }

  #check(event: EventBody): void {
    this.events.push(event);
    if (event.type === 'speech') {
      if (this.#speaking !== (event.state === 'end')) throw new Error(`a second ${event.state} of speech`);
      this.#speaking = event.state === 'start';
      if (event.state === 'end') this.#unsettled.push(event.atMs);
    }
    if (event.type === 'settled' && this.#unsettled.shift() !== event.atMs) throw new Error('settled before its end');
    if (event.type === 'final' && !this.#speaking && this.#unsettled.length === 0)
      throw new Error('a final after its speech was settled');
    if (event.type === 'partial') {
      if (this.#finals.has(event.sentence)) throw new Error(`a partial after the final of ${event.sentence}`);
      const before = this.#stable.get(event.sentence) ?? '';
      if (!event.stable.startsWith(before)) throw new Error(`stable text changed: "${before}" -> "${event.stable}"`);
      this.#stable.set(event.sentence, event.stable);
    }
    if (event.type === 'final') {
      if (this.#finals.has(event.sentence)) throw new Error(`two finals of ${event.sentence}`);
      const stable = this.#stable.get(event.sentence) ?? '';
      if (!event.text.startsWith(stable)) throw new Error(`"${stable}" is no prefix of the final "${event.text}"`);
      if (event.text === '') throw new Error('an empty final');
      this.#finals.set(event.sentence, event.text);
    }
    if (event.type === 'cleaned') {
      if (!this.#finals.has(event.sentence)) throw new Error(`a cleaning before the final of ${event.sentence}`);
      if (this.#cleaned.has(event.sentence)) throw new Error(`two cleanings of ${event.sentence}`);
      this.#cleaned.add(event.sentence);
    }
  }
}

for (const policy of ['trust', 'agreement', 'edge', 'plain'] as const) {
  t.test(`stable text never changes and is a prefix of a final that is sent once (${policy})`, async (t) => {
    let steps = 0;
    let finals = 0;
    let restarts = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 40, maxLength: 160 }), (script) => {
        const harness = new Harness(policy);
        for (const one of script) harness.run(one);
        harness.end();
        steps += harness.steps;
        restarts += harness.restarts;
        finals += harness.events.filter((event) => event.type === 'final').length;
      }),
      { numRuns: 640, endOnFailure: false },
    );
    t.comment(`${steps} steps, ${finals} finals, ${restarts} restarts`);
    t.ok(restarts > 1_000, 'the property saw enough restarts');
    t.ok(steps > 34_000, 'the property saw enough steps');
    t.ok(finals > 1_000, 'and enough finals');
  });
}
