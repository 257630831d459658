import t from 'tap';
import { StreamSearch } from '../../server/core/capacity/stream-search.ts';
import { ScriptedRecogniser } from '../../server/engine/script.ts';
import { type CapacityTrialParts, FIRST_JOB, tryStreams } from '../../server/flow/capacity-trial.ts';
import type { DecodeAnswer, DecodeJob, Recogniser } from '../../server/ports/recogniser.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { script, scriptedParts, sound } from '../support/scripted-server.ts';
import { SETTINGS } from '../support/session-settings.ts';

/** A second of speech and a second of silence, over and over. */
const SPEECH = sound(2, [[0.3, 1.3]]);
const WORDS = Array.from({ length: 30 }, (_, n) => script('So it goes.', n * 2 + 0.4)).flat();

/** Answers from a script, so slowly that one decode at a time carries few streams. */
class SlowRecogniser implements Recogniser {
  readonly slots = 1;
  readonly #script = new ScriptedRecogniser(WORDS);
  readonly #clock: ManualClock;
  readonly #ms: number;
  readonly aborted: number[] = [];
  readonly jobs: number[] = [];
  isBroken = false;

  constructor(clock: ManualClock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
  }

  ready() {
    return this.#script.ready();
  }

  async decode(job: DecodeJob): Promise<DecodeAnswer> {
    this.jobs.push(job.id);
    if (this.isBroken) return { kind: 'failed', job: job.id, code: 'engine.crashed', text: 'broken' };
    await new Promise<void>((resolve) => this.#clock.setTimer(this.#ms, resolve));
    return this.#script.decode(job);
  }

  abort(job: number): void {
    this.aborted.push(job);
  }

  close() {
    return Promise.resolve();
  }
}

/** Lets time pass, however busy this machine is, until `isOver`. */
async function pass(clock: ManualClock, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    clock.pass(20);
    // Lets the answers of that moment come.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Runs a whole trial in time that the test lets pass. */
async function runTrial(search: StreamSearch, { trial, clock }: ReturnType<typeof open>, signal: AbortSignal) {
  let outcome: Awaited<ReturnType<typeof tryStreams>> | undefined;
  void tryStreams(search, trial, signal).then((ended) => {
    outcome = ended;
  });
  await pass(clock, () => outcome !== undefined);
  return outcome;
}

function open(decodeMs: number, limits = { finalMs: 1_500, wordMs: 1_500 }) {
  const clock = new ManualClock();
  const { parts, reportBug } = scriptedParts([], { clock });
  const recogniser = new SlowRecogniser(clock, decodeMs);
  const trial: CapacityTrialParts = {
    ...{ recogniser, speechModel: parts.speechModel, cleaners: parts.cleaners, clock, pipeline: parts.pipeline },
    ...{ settings: SETTINGS, realTimeFactor: 0.1, partialIntervalMs: 300, cleanTimeoutMs: 500, reportBug },
    ...{ speech: new Uint8Array(SPEECH.buffer), limits, stepMs: 4_000 },
  };
  return { trial, recogniser, clock };
}

t.test('streams in real time are tried until finals come late', async (t) => {
  const server = open(350);
  const search = new StreamSearch(2);
  t.equal(await runTrial(search, server, new AbortController().signal), 'carried');
  const { streams, isLeast } = search.result;
  t.notOk(isLeast, 'a number of streams was too many');
  // Each stream needs 0.35 s for a final every two seconds, so that six are the most that any schedule could carry.
  t.ok(streams >= 1 && streams <= 6, String(streams));
  t.ok(
    server.recogniser.jobs.every((id) => id >= FIRST_JOB),
    'no decode has the number of a session’s',
  );
  const quick = new StreamSearch(2);
  await runTrial(quick, open(200), new AbortController().signal);
  t.ok(quick.result.streams > streams, 'a quicker engine carries more');
});

t.test('streams whose words come late are not live, however quick the finals are', async (t) => {
  const server = open(350, { finalMs: 1_500, wordMs: 10 });
  const search = new StreamSearch(2);
  await runTrial(search, server, new AbortController().signal);
  t.same(search.result, { streams: 0, isLeast: false });
});

t.test('it stops at once when a session comes, with what it knows, and nothing of it stays', async (t) => {
  const { trial, recogniser, clock } = open(100);
  const search = new StreamSearch(4);
  const session = new AbortController();
  const running = tryStreams(search, trial, session.signal);
  await pass(clock, () => recogniser.jobs.length > 3);
  session.abort();
  t.equal(await running, 'stopped');
  t.equal(search.next, 4, 'the step that was broken off is tried again');
  const { length } = recogniser.jobs;
  clock.pass(10_000);
  t.equal(recogniser.jobs.length, length);
  t.equal(await tryStreams(search, trial, session.signal), 'stopped', 'nor does it begin while somebody is there');
  t.equal(recogniser.jobs.length, length);
});

t.test('an engine that fails says nothing about the machine', async (t) => {
  const server = open(10);
  server.recogniser.isBroken = true;
  const search = new StreamSearch(2);
  t.equal(await runTrial(search, server, new AbortController().signal), 'failed');
  t.same(search.result, { streams: 0, isLeast: true });
});
