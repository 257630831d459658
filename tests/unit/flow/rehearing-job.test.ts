import t from 'tap';
import type { Word } from '../../../server/core/hypothesis.ts';
import type { DecodeSpan } from '../../../server/core/session/outputs.ts';
import { PIPELINE, type PipelineOptions } from '../../../server/core/session/settings.ts';
import type { Cleaners } from '../../../server/flow/clean-sentence.ts';
import { DecodeDropped } from '../../../server/flow/idle-decoder.ts';
import { RehearingJob, type RehearingProgress, type RehearingTask } from '../../../server/flow/rehearing-job.ts';
import type { Cleaner } from '../../../server/ports/cleaner.ts';
import type { ChangeOutcome, SampleRange, TranscriptAddition } from '../../../server/ports/transcripts.ts';
import { MemoryTranscripts } from '../../../server/store/memory-transcripts.ts';
import { EnergyModel } from '../../../server/vad/energy.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { promiseCalls } from '../../support/memory-recorder.ts';
import { spokenWords } from '../../support/spoken-words.ts';
import { sureHypothesis } from '../../support/sure-hypothesis.ts';

const OWNER = 'key';
const RULES = { standard: undefined, llm: undefined, openai: undefined };
/** Where the session begins on the timeline, s. */
const AT = 100;

type Answer = string | 'fails' | 'dropped';

interface Setup {
  readonly texts?: readonly string[];
  readonly models?: PipelineOptions['models'];
  /** What each decode hears, in their order; words begin at the first second. */
  readonly hears: readonly Answer[];
  readonly confidences?: readonly number[];
  readonly readSamples?: () => Float32Array | undefined;
  readonly add?: () => ChangeOutcome;
  readonly cleaners?: Cleaners;
}

/** A sound whose level does not change, with an offset. */
const sound = ({ from, to }: SampleRange): Float32Array =>
  Float32Array.from({ length: to - from }, (_, i) => 0.2 + 0.3 * Math.sin((from + i) / 4));

/** A transcript of which each sentence follows the one before at once. */
function open({
  texts = ['So we bought the new machine.'],
  models = { own: 'base', small: undefined },
  cleaners = RULES,
  ...setup
}: Setup) {
  const memory = new MemoryTranscripts(() => 0);
  const created = memory.create(OWNER, { title: 'T', startedMs: 0 }) as { id: string };
  const { id } = created;
  memory.join(OWNER, id);
  let at = 1;
  const finals = texts.map((text, i): TranscriptAddition => {
    const words = spokenWords(text, at).map(toWire);
    at += words.length / 2;
    const [first, last] = [words[0]!, words.at(-1)!];
    return {
      kind: 'final',
      channel: 0,
      sentence: i + 1,
      text,
      words,
      language: 'en',
      fromMs: first.fromMs,
      toMs: last.toMs,
    };
  });
  memory.add({ transcript: id, part: 1, atMs: AT * 1_000 }, finals);
  const store = promiseCalls(memory);
  const clock = new ManualClock();
  const spans: DecodeSpan[] = [];
  const ranges: SampleRange[] = [];
  const progress: RehearingProgress[] = [];
  const abort = new AbortController();
  const audio = [{ part: 1, channel: 0, fromMs: AT * 1_000, durationMs: 60_000 }];
  const task: RehearingTask = {
    ...{ owner: OWNER, transcript: id, models, isOpen: () => false, signal: abort.signal },
    onProgress: (step) => progress.push(step),
    store: {
      read: async (...args) => {
        const stored = await store.read(...args);
        return stored && { ...stored, audio };
      },
      readWords: store.readWords,
      readSamples: async (_, __, ___, range) => {
        ranges.push(range);
        return setup.readSamples === undefined ? sound(range) : setup.readSamples();
      },
      add: async (...args) => setup.add?.() ?? store.add(...args),
    },
  };
  const decoder = {
    decode: async (span: DecodeSpan) => {
      const answer = setup.hears[spans.length] ?? 'fails';
      const confidence = setup.confidences?.[spans.length] ?? 0.9;
      spans.push(span);
      if (answer === 'dropped') throw new DecodeDropped();
      if (answer === 'fails') throw new Error('It was not decoded.');
      return sureHypothesis(spokenWords(answer, 1, confidence));
    },
  };
  const job = new RehearingJob(
    { decoder, speechModel: new EnergyModel(), cleaners, cleanTimeoutMs: 100, clock, pipeline: PIPELINE },
    task,
  );
  const sentences = () => memory.read(OWNER, id)!.sentences;
  return { job, memory, id, clock, spans, ranges, progress, abort, sentences };
}

const toWire = ({ text, from, to, confidence }: Word) => {
  const toMs = (samples: number): number => AT * 1_000 + samples / 16;
  return { text, fromMs: toMs(from), toMs: toMs(to), confidence };
};

/** Lets a job run to its end, or to where it waits for the clock. */
const settled = async (): Promise<void> => {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
};

t.test('a sentence gets the words that are heard now, with their times; what was first heard stays', async (t) => {
  const texts = ['So we bought the new machine.', 'It is very loud.'];
  const { job, memory, id, spans, ranges, progress, sentences } = open({
    ...{ texts, hears: ['So we bought a new machine. It is very loud.'] },
  });
  await job.run();
  t.match(sentences(), [{ text: texts[0], revised: 'So we bought a new machine.' }, { text: texts[1] }]);
  t.notOk('revised' in sentences()[1]!, 'nothing else was heard in it');
  t.notOk('cleaned' in sentences()[0]!, 'what was never cleaned is not cleaned now');
  const words = memory.readWords(OWNER, id, 'revised')!.get('1.0.1')!;
  t.match(words[3], { text: 'a', fromMs: 102_500, toMs: 102_900 });
  t.match(spans, [{ kind: 'final', fromSample: 11_200, channel: 0, language: 'en', beamSize: 5, windowFloor: 1_500 }]);
  t.equal(
    spans[0]!.fromSample + spans[0]!.samples.length,
    5.9 * 16_000 + 8_000,
    'to half a second behind the last word',
  );
  const sum = spans[0]!.samples.reduce((so, sample) => so + sample, 0);
  t.ok(Math.abs(sum / spans[0]!.samples.length) < 0.01, 'without the offset of the kept audio');
  t.ok(ranges[0]!.from < spans[0]!.fromSample, 'which needs some audio before it');
  t.same(progress.at(-1), { doneMs: 2_900 + 1_900, totalMs: 2_900 + 1_900, revised: 1 });
});

t.test('a cleaning follows the words; a revision that is not heard again goes', async (t) => {
  const first = 'So we bought the new machine.';
  const { job, memory, id, sentences } = open({ texts: [first], hears: ['So um we bought a new machine.'] });
  const place = { transcript: id, part: 1, atMs: AT * 1_000 };
  memory.add(place, [{ kind: 'cleaned', channel: 0, sentence: 1, text: first }]);
  memory.updateSentence(OWNER, id, '1.0.1', { correction: 'So I bought it.' });
  await job.run();
  t.match(sentences(), [
    {
      ...{ text: first, revised: 'So um we bought a new machine.', cleaned: 'So we bought a new machine.' },
      correction: 'So I bought it.',
    },
  ]);
  const again = open({ texts: [first], hears: [first] });
  again.memory.add({ ...place, transcript: again.id }, [
    { kind: 'revised', channel: 0, sentence: 1, text: 'So we brought it.', words: [] },
    { kind: 'cleaned', channel: 0, sentence: 1, text: 'We brought it.', revised: true },
  ]);
  await again.job.run();
  t.match(again.sentences(), [{ text: first, cleaned: first }]);
  t.notOk('revised' in again.sentences()[0]!);
  t.equal(again.progress.at(-1)?.revised, 0);
});

t.test('a sentence that was missed keeps its revision', async (t) => {
  const texts = ['So we bought the new machine.', 'It is.'];
  const { job, memory, id, sentences } = open({ texts, hears: ['So we bought the new machine.'] });
  const revision = { kind: 'revised', channel: 0, text: 'It was.', words: [] } as const;
  memory.add({ transcript: id, part: 1, atMs: 0 }, [
    { ...revision, sentence: 1 },
    { ...revision, sentence: 2 },
  ]);
  await job.run();
  t.notOk('revised' in sentences()[0]!, 'the other one was heard as at first');
  t.match(sentences()[1], { revised: 'It was.' });
});

t.test('a hearing that understood less, or something else altogether, changes nothing', async (t) => {
  for (const heard of ['So.', 'Whatever that might possibly be', '']) {
    const { job, memory, id, sentences } = open({ hears: [heard] });
    const revision = { kind: 'revised', channel: 0, sentence: 1, text: 'So we brought it.', words: [] } as const;
    memory.add({ transcript: id, part: 1, atMs: 0 }, [revision]);
    await job.run();
    t.match(sentences(), [{ revised: 'So we brought it.' }], heard);
  }
});

t.test('English is heard by two models where no one is named, which vote', async (t) => {
  const models = { own: 'base', small: 'tiny.en' };
  const hears = ['So we bought the new machine.', 'So we bought that new machine.'];
  const { job, spans, sentences } = open({ models, hears, confidences: [0.5, 0.95] });
  await job.run();
  t.same(
    spans.map(({ model }) => model),
    [undefined, 'tiny.en'],
  );
  t.match(sentences(), [{ revised: hears[1] }]);
  const second = { name: 'small', isMultilingual: true };
  const named = open({ models: { ...models, second }, hears });
  await named.job.run();
  t.same(
    named.spans.map(({ model }) => model),
    ['small'],
  );
});

t.test('a decode that fails is tried again, and one that is dropped as long as it takes', async (t) => {
  const better = 'So we bought a new machine.';
  const { job, clock, spans, sentences } = open({ hears: ['fails', 'dropped', 'dropped', 'fails', better] });
  const running = job.run();
  for (let i = 0; i < 4; i++) {
    await settled();
    clock.pass(5_000);
  }
  await running;
  t.equal(spans.length, 5);
  t.match(sentences(), [{ revised: better }]);
  const failing = open({ hears: [] });
  const failed = t.rejects(failing.job.run(), { code: 'rehear.failed', message: /did not decode/ });
  for (let i = 0; i < 2; i++) {
    await settled();
    failing.clock.pass(1_000);
  }
  await failed;
  t.equal(failing.spans.length, 3);
});

t.test(
  'a transcript that is deleted meanwhile, a bound, and audio that nobody can decode end it with a fault',
  async (t) => {
    const hears = ['So we bought a new machine.'];
    await t.rejects(open({ hears, add: () => 'unknown' }).job.run(), { code: 'transcript.unknown' });
    await t.rejects(open({ hears, add: () => 'space' }).job.run(), { code: 'transcript.space' });
    const gone = open({ hears, readSamples: () => undefined });
    gone.memory.remove(OWNER, gone.id);
    await t.rejects(gone.job.run(), { code: 'transcript.unknown' });
    const mute = open({ hears, readSamples: () => undefined });
    const failed = t.rejects(mute.job.run(), { code: 'rehear.failed', message: /audio cannot be decoded/ });
    for (let i = 0; i < 2; i++) {
      await settled();
      mute.clock.pass(1_000);
    }
    await failed;
  },
);

t.test('when it is stopped while a cleaner writes, it cleans no further sentence and stores nothing', async (t) => {
  const texts = ['So we bought the new machine.', 'It is the very loud one.'];
  const cleaned: string[] = [];
  const standard: Cleaner = {
    name: 'stops',
    ready: async () => {},
    supportsLanguage: () => true,
    rewrite: async ({ text }) => {
      cleaned.push(text);
      stopped.abort.abort();
      return { text, model: 'm' };
    },
    close: async () => {},
  };
  const stopped = open({
    ...{ texts, hears: ['So we bought a new machine. It is a very loud one.'], cleaners: { ...RULES, standard } },
  });
  stopped.memory.add(
    { transcript: stopped.id, part: 1, atMs: 0 },
    texts.map((text, i) => ({ kind: 'cleaned', channel: 0, sentence: i + 1, text })),
  );
  await stopped.job.run();
  t.same(cleaned, ['So we bought a new machine.']);
  t.notOk(stopped.sentences().some((sentence) => 'revised' in sentence));
});

t.test('when it is stopped it waits for nothing, and stores no more', async (t) => {
  const { job, clock, abort, sentences } = open({ hears: ['dropped', 'So we bought a new machine.'] });
  const running = job.run();
  await settled();
  t.equal(clock.waiting, 1);
  abort.abort();
  await running;
  t.equal(clock.waiting, 0);
  t.notOk('revised' in sentences()[0]!);
});
