import t from 'tap';
import type { Configure, EventBody } from '../../../../protocol/index.ts';
import type { Hypothesis, Word } from '../../../../server/core/hypothesis.ts';
import { FULL_SERVICE_LEVEL, type ServiceLevel } from '../../../../server/core/schedule/load-shedder.ts';
import { DECODE_TABLE } from '../../../../server/core/session/decode-state.ts';
import type { SessionInput } from '../../../../server/core/session/inputs.ts';
import type { DecodeSpan, SessionOutput } from '../../../../server/core/session/outputs.ts';
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
  revise: true,
  // Far apart, so that many answers of the turn detector come while they matter.
  endpoint: { minMs: 500, maxMs: 900, completeMs: 160, incompleteMs: 1_500 },
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

/** What may be wrong with a decode besides its words. */
const ANSWERS: readonly Partial<Hypothesis>[] = [
  {},
  {},
  {},
  { stop: 'aborted' },
  { averageLogProbability: -0.9 },
  { language: 'fr', languageProbability: 0.9 },
  { language: 'fr', languageProbability: 0.3 },
  { language: 'en', languageProbability: 0.95 },
];
const CHANGES: readonly Configure[] = [
  { type: 'configure', language: 'auto' },
  { type: 'configure', language: 'en' },
  { type: 'configure', vocabulary: ['Zarathustra'] },
  { type: 'configure', vocabulary: [] },
];
const LEVELS: readonly ServiceLevel[] = [
  FULL_SERVICE_LEVEL,
  FULL_SERVICE_LEVEL,
  { step: 'small', cadence: 1, model: 'small', windows: 'full', lagMs: 0 },
  { step: 'off', cadence: 0, model: 'small', windows: 'short', lagMs: 3_000 },
];

type Step =
  | { readonly kind: 'hear'; readonly voice: boolean; readonly windows: number; readonly isVadLate: boolean }
  | {
      readonly kind: 'answer';
      readonly pick: number;
      readonly words: readonly number[];
      readonly sure: boolean;
      readonly change: Partial<Hypothesis>;
    }
  | { readonly kind: 'start'; readonly pick: number }
  | { readonly kind: 'hearAgain'; readonly pick: number; readonly words: readonly number[] | undefined }
  | { readonly kind: 'lose'; readonly pick: number; readonly failed: boolean }
  | { readonly kind: 'clean'; readonly pick: number; readonly late: boolean }
  | { readonly kind: 'flush' | 'pause' }
  | { readonly kind: 'configure'; readonly change: Configure }
  | { readonly kind: 'load'; readonly level: ServiceLevel }
  | { readonly kind: 'turn'; readonly pick: number; readonly probability: number; readonly isDecoded: boolean }
  | { readonly kind: 'restart'; readonly isVadLate: boolean };

const pick = fc.nat(3);
const isFailed = fc.nat(3).map((n) => n > 0);
const isVadLate = fc.nat(5).map((n) => n === 0);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('hear' as const),
      voice: fc.boolean(),
      // Short silences end nothing: a speculative decode is under way then.
      windows: fc.oneof(fc.nat(12), fc.nat(40)),
      isVadLate,
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      pick,
      words: fc.array(fc.nat(VOCABULARY.length - 1), { maxLength: 14 }),
      sure: fc.boolean(),
      change: fc.constantFrom(...ANSWERS),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('start' as const), pick }) },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant('lose' as const), pick, failed: isFailed }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('clean' as const), pick, late: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('hearAgain' as const),
      pick,
      /** Undefined: nothing came of it. */
      words: fc.option(fc.array(fc.nat(VOCABULARY.length - 1), { maxLength: 14 }), { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'flush' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'pause' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('configure' as const), change: fc.constantFrom(...CHANGES) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('load' as const), level: fc.constantFrom(...LEVELS) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('turn' as const),
      pick,
      probability: fc.constantFrom(0, 0.02, 0.5, 0.99, 1),
      isDecoded: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart' as const), isVadLate }) },
);

/** Drives a session with random answers to whatever it asks, and holds every event to the contract. */
class Harness {
  readonly events: EventBody[] = [];
  steps = 0;
  flushes = 0;
  restarts = 0;
  /** Answers of the turn detector at which speech ended. */
  turnEnds = 0;
  #session: SessionCore;
  readonly #pipeline: PipelineOptions;
  /** Decodes that are wanted; of those that run, what they decode. */
  readonly #jobs: number[] = [];
  readonly #running = new Map<number, DecodeSpan>();
  /** Everything heard, and what the VAD said of each window. */
  readonly #tones: Float32Array[] = [];
  readonly #verdicts: number[] = [];
  /** Windows it has not answered for yet. */
  readonly #unjudged: number[] = [];
  readonly #cleanings: { sentence: number; text: string; revised?: true | undefined }[] = [];
  /** Stretches that are to be decoded again. */
  readonly #stretches: Extract<SessionOutput, { kind: 'hearAgain' }>[] = [];
  /** What the turn detector was asked about and has not answered, however old, also from before a restart. */
  readonly #turns: number[] = [];
  readonly #stable = new Map<number, string>();
  readonly #finals = new Map<number, string>();
  readonly #cleaned = new Set<number>();
  /** Texts of sentences that were heard again, and which of them are cleaned. */
  readonly #revised = new Map<number, string>();
  readonly #revisedCleaned = new Set<number>();
  /** Ends of speech that are not settled yet. */
  #unsettled: number[] = [];
  #speaking = false;
  #voice = false;

  constructor(policy: PipelineOptions['commit']['policy'], pace: 'fast' | 'slow') {
    // Short segments, so that speech is often cut where no sentence ends.
    const segment = { softMs: 1_000, hardMs: 5_000 };
    const models = { own: 'own', small: 'small' };
    // Every decode counts as a slow one, or none does.
    const sentenceEnd = { ...PIPELINE.sentenceEnd, slowMs: pace === 'slow' ? 0 : 10_000, seldomMs: 10_000 };
    // As short, so that there are many stretches.
    const secondHearing = { ...PIPELINE.secondHearing, leastMs: 1_000, mostMs: 6_000 };
    const commit = { ...PIPELINE.commit, policy };
    this.#pipeline = { ...PIPELINE, segment, models, sentenceEnd, secondHearing, commit };
    this.#session = new SessionCore(SETTINGS, this.#pipeline);
  }

  run(one: Step): void {
    this.steps++;
    switch (one.kind) {
      case 'hear':
        return this.#hear(one.voice, one.windows, one.isVadLate);
      case 'restart':
        return this.#restart(one.isVadLate);
      case 'answer':
        return this.#answer(one.pick, one.words, one.sure, one.change);
      case 'turn':
        return this.#answerTurn(one.pick, one.probability, one.isDecoded);
      case 'lose':
        return this.#lose(one.pick, one.failed ? 'failed' : 'dropped');
      case 'start':
        return this.#start(this.#jobs[one.pick % this.#jobs.length]);
      case 'clean':
        return this.#clean(one.pick, one.late);
      case 'hearAgain':
        return this.#hearAgain(one.pick, one.words);
      case 'flush':
        this.flushes++;
        return this.#handle({ kind: 'flush', id: undefined });
      case 'pause':
        return this.#handle({ kind: 'pause' });
      case 'configure':
        return this.#handle({ kind: 'configure', settings: one.change });
      case 'load':
        return this.#handle({ kind: 'load', serviceLevel: one.level });
    }
  }

  #handle(input: SessionInput): void {
    this.#take(this.#session.handle(input));
  }

  #hear(voice: boolean, windows: number, isVadLate: boolean): void {
    this.#voice = voice;
    const tone = (voice ? LOUD : QUIET).subarray(0, VAD_WINDOW_SAMPLES * windows);
    this.#tones.push(tone);
    this.#handle({ kind: 'audio', channels: [tone] });
    if (!isVadLate) this.#judge();
  }

  /** The VAD has looked at everything it was asked about. */
  #judge(): void {
    for (let window = this.#unjudged.shift(); window !== undefined; window = this.#unjudged.shift()) {
      const value = this.#verdicts[window]!;
      const from = window * VAD_WINDOW_SAMPLES;
      this.#handle({ kind: 'probability', channel: 0, from, to: from + VAD_WINDOW_SAMPLES, value });
    }
  }

  /** The turn detector answers one of its last questions, in any order; the last one perhaps again. */
  #answerTurn(pick: number, probability: number, isDecoded: boolean): void {
    // Most often the decode up to the pause is there first, and reads like a finished sentence.
    if (isDecoded) this.#answer(this.#jobs.length - 1, [0, 2, 5], true, {});
    const to = this.#turns.at(-1 - pick);
    if (to === undefined) return;
    if (pick > 0) this.#turns.splice(this.#turns.indexOf(to), 1);
    const wasSpeaking = this.#speaking;
    this.#handle({ kind: 'turnEnd', channel: 0, to, probability });
    if (wasSpeaking && !this.#speaking) this.turnEnds++;
  }

  /** A slot is free for a job. */
  #start(job: number | undefined): void {
    if (job === undefined || this.#running.has(job)) return;
    const span = this.#session.take(job);
    if (span === undefined) throw new Error(`job ${job} is wanted, and nothing is to be decoded for it`);
    this.#running.set(job, span);
  }

  #lose(pick: number, reason: 'failed' | 'dropped'): void {
    const [job] = this.#jobs.splice(pick % this.#jobs.length, 1);
    if (job !== undefined) this.#handle({ kind: 'undecoded', job, reason });
  }

  /** The process is gone with everything but the snapshot and the audio from there on. */
  #restart(isVadLate: boolean): void {
    this.restarts++;
    const snapshot = JSON.parse(JSON.stringify(this.#session.snapshot)) as SessionSnapshot;
    const received = this.#session.receivedSamples;
    this.#jobs.length = 0;
    this.#running.clear();
    this.#cleanings.length = 0;
    this.#stretches.length = 0;
    this.#unjudged.length = 0;
    this.#session = new SessionCore(SETTINGS, this.#pipeline, snapshot);
    const again = new Float32Array(received - snapshot.from);
    let at = 0;
    for (const tone of this.#tones) {
      if (at + tone.length > snapshot.from)
        again.set(tone.subarray(Math.max(0, snapshot.from - at)), Math.max(0, at - snapshot.from));
      at += tone.length;
    }
    this.#handle({ kind: 'audio', channels: [again] });
    if (!isVadLate) this.#judge();
  }

  end(): void {
    this.#judge();
    this.#handle({ kind: 'finish' });
    const isAsking = () => this.#jobs.length > 0 || this.#cleanings.length > 0 || this.#stretches.length > 0;
    for (let i = 0; i < 1_000 && isAsking(); i++) {
      this.#answer(0, [0, 2, 4], true, {});
      this.#hearAgain(0, [0, 3, 4]);
      this.#clean(0, false);
    }
    if (this.#session.state !== 'closed') throw new Error('the session did not close');
    if (this.#session.undecodedSamples >= VAD_WINDOW_SAMPLES) throw new Error('audio was never decoded');
    const flushed = this.events.filter((event) => event.type === 'flushed').length;
    if (flushed !== this.flushes) throw new Error(`${this.flushes} flushes, ${flushed} answers`);
    if (this.#speaking || this.#unsettled.length > 0) throw new Error('speech was never settled');
    for (const sentence of this.#finals.keys()) {
      const cleaned = this.#revised.has(sentence) ? this.#revisedCleaned : this.#cleaned;
      if (!cleaned.has(sentence)) throw new Error(`sentence ${sentence} was never cleaned`);
    }
    for (const sentence of this.#stable.keys()) {
      if (!this.#finals.has(sentence) && this.#stable.get(sentence) !== '')
        throw new Error(`stable text of ${sentence} was lost`);
    }
  }

  #answer(pick: number, indices: readonly number[], sure: boolean, change: Partial<Hypothesis>): void {
    const job = this.#jobs[pick % this.#jobs.length];
    if (job === undefined) return;
    this.#start(job);
    this.#jobs.splice(this.#jobs.indexOf(job), 1);
    const span = this.#running.get(job)!;
    const words = spread(indices, span.fromSample, span.samples.length, sure ? 0.99 : 0.5);
    // A decode that was given its language says so.
    const detected = span.language === 'auto' ? {} : { language: span.language, languageProbability: 1 };
    this.#handle({ kind: 'hypothesis', job, hypothesis: sureHypothesis(words, { ...change, ...detected }) });
  }

  #hearAgain(pick: number, indices: readonly number[] | undefined): void {
    const [wanted] = this.#stretches.splice(pick % Math.max(1, this.#stretches.length), 1);
    if (wanted === undefined) return;
    const { stretch, span, to } = wanted;
    if (indices === undefined) return this.#handle({ kind: 'noSecondHypothesis', stretch });
    const words = spread(indices, span.fromSample, to - span.fromSample, 0.99);
    this.#handle({ kind: 'secondHypothesis', stretch, hypothesis: sureHypothesis(words, { language: span.language }) });
  }

  #clean(pick: number, late: boolean): void {
    const [wanted] = this.#cleanings.splice(pick, 1);
    if (wanted === undefined) return;
    const { sentence, text, revised } = wanted;
    const input = late
      ? ({ kind: 'unwritten', sentence, revised, reason: 'late', tookMs: 1 } as const)
      : ({ kind: 'rewrite', sentence, revised, text, model: 'test', tookMs: 1 } as const);
    this.#handle(input);
  }

  #take(outputs: readonly SessionOutput[]): void {
    for (const output of outputs) {
      if (output.kind === 'detect') {
        const window = output.from / VAD_WINDOW_SAMPLES;
        this.#verdicts[window] ??= this.#voice ? 0.95 : 0.02;
        this.#unjudged.push(window);
      }
      if (output.kind === 'predictTurnEnd') {
        const { from, to } = output;
        const audio = this.#session.audio(0, from, to);
        if (audio.length > 8 * 16_000) throw new Error('the turn detector is asked about more than it hears');
        this.#turns.push(to);
      }
      if (output.kind === 'recognise') this.#jobs.push(output.job);
      if (output.kind === 'forget') this.#jobs.splice(this.#jobs.indexOf(output.job) >>> 0, 1);
      if (output.kind === 'clean') this.#cleanings.push(output);
      if (output.kind === 'hearAgain') this.#stretches.push(output);
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
    if (event.type === 'revised') {
      if (!this.#finals.has(event.sentence)) throw new Error(`a revision before the final of ${event.sentence}`);
      if (this.#revised.has(event.sentence)) throw new Error(`two revisions of ${event.sentence}`);
      this.#revised.set(event.sentence, event.text);
    }
    if (event.type === 'cleaned') {
      const before = event.revised ? this.#revised : this.#finals;
      const cleaned = event.revised ? this.#revisedCleaned : this.#cleaned;
      if (!before.has(event.sentence)) throw new Error(`a cleaning before the text of ${event.sentence}`);
      if (cleaned.has(event.sentence)) throw new Error(`two cleanings of ${event.sentence}`);
      if (!event.revised && this.#revised.has(event.sentence))
        throw new Error(`a cleaning of what ${event.sentence} said before its revision`);
      cleaned.add(event.sentence);
    }
  }
}

/** Words one after the other over a span. */
function spread(indices: readonly number[], fromSample: number, samples: number, confidence: number): Word[] {
  const each = samples / Math.max(1, indices.length);
  return indices.map((index, i): Word => {
    const from = Math.round(fromSample + i * each);
    return { text: VOCABULARY[index]!, space: true, from, to: Math.round(from + each), confidence };
  });
}

/** Legal moves of the decode state that no session has made yet. */
const unmade = new Set<string>();
for (const [phase, moves] of Object.entries(DECODE_TABLE) as [string, Record<string, (...given: never[]) => unknown>][])
  for (const [move, step] of Object.entries(moves)) {
    // Legal in every phase and so of no interest, and rare in some.
    if (move !== 'forgetLanguage') unmade.add(`${phase} ${move}`);
    moves[move] = (...given) => {
      unmade.delete(`${phase} ${move}`);
      return step(...given);
    };
  }

const RUNS = [
  ['trust', 'fast'],
  ['trust', 'slow'],
  ['agreement', 'slow'],
  ['edge', 'fast'],
  ['plain', 'fast'],
] as const;

for (const [policy, pace] of RUNS) {
  t.test(`stable text never changes and is a prefix of a final that is sent once (${policy}, ${pace})`, async (t) => {
    let steps = 0;
    let finals = 0;
    let restarts = 0;
    let revisions = 0;
    let turnEnds = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 40, maxLength: 160 }), (script) => {
        const harness = new Harness(policy, pace);
        for (const one of script) harness.run(one);
        harness.end();
        steps += harness.steps;
        restarts += harness.restarts;
        turnEnds += harness.turnEnds;
        finals += harness.events.filter((event) => event.type === 'final').length;
        revisions += harness.events.filter((event) => event.type === 'revised').length;
      }),
      { numRuns: 640, endOnFailure: false },
    );
    t.comment(
      `${steps} steps, ${finals} finals, ${revisions} revisions, ${restarts} restarts, ${turnEnds} ends by the turn detector`,
    );
    t.ok(turnEnds > 20, 'the turn detector ended speech often enough');
    t.ok(restarts > 1_000, 'the property saw enough restarts');
    t.ok(steps > 34_000, 'the property saw enough steps');
    t.ok(finals > 1_000, 'and enough finals');
    t.ok(revisions > 300, 'and enough revisions');
  });
}

t.test('those sessions made every legal move of the decode state', async (t) => {
  // And no other: it would have thrown.
  t.same([...unmade], []);
});
