import t from 'tap';
import type { ServerEvent } from '../../../protocol/index.ts';
import { AudioFormat } from '../../../protocol/index.ts';
import { SessionRecording } from '../../../server/flow/session-recording.ts';
import { TranscriptRecorder } from '../../../server/flow/transcript-recorder.ts';
import type {
  ChangeOutcome,
  TranscriptAddition,
  TranscriptPlace,
  TranscriptStore,
} from '../../../server/ports/transcripts.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { promiseCalls } from '../../support/memory-recorder.ts';
import { silentLog } from '../../support/scripted-server.ts';

const PLACE = { transcript: 'id', part: 1, atMs: 0, owner: 'key', unasked: false };

const final = (sentence: number) =>
  ({
    ...{ type: 'final', seq: sentence, channel: 0, sentence, text: `Sentence ${sentence}.`, words: [] },
    ...{ language: 'en', fromMs: 0, toMs: 1 },
  }) as unknown as ServerEvent;
const cleaned = (sentence: number) =>
  ({ type: 'cleaned', seq: 90, channel: 0, sentence, text: `Clean ${sentence}.` }) as unknown as ServerEvent;

/** A store whose answers are given by hand, in the order of the questions. */
function slow() {
  const asked: {
    readonly additions: readonly TranscriptAddition[];
    answer(outcome: ChangeOutcome | Error): Promise<void>;
  }[] = [];
  const calls: string[] = [];
  const add = (_: TranscriptPlace, additions: readonly TranscriptAddition[]) =>
    new Promise<ChangeOutcome>((resolve, reject) => {
      const answer = async (outcome: ChangeOutcome | Error): Promise<void> => {
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
        await new Promise((next) => setImmediate(next));
      };
      asked.push({ additions, answer });
    });
  const other = (name: string) => async () => void calls.push(name);
  const store = { add, remove: other('remove'), undoJoin: other('undoJoin'), removeEmpty: other('removeEmpty') };
  const clock = new ManualClock();
  const problems: string[] = [];
  const open = (place = PLACE, isNew = false): SessionRecording => {
    const parts = { store: store as unknown as TranscriptStore, clock, log: silentLog, isNew };
    const recording = new SessionRecording(place, parts);
    recording.onProblem((text) => problems.push(text));
    return recording;
  };
  return { asked, calls, clock, problems, open };
}

const full = Object.assign(new Error('no room'), { code: 'SQLITE_FULL' });
const namesOf = (additions: readonly TranscriptAddition[] | undefined): string[] | undefined =>
  additions?.map((each) => (each.kind === 'audio' ? 'audio' : `${each.kind} ${each.sentence}`));

const AUDIO = AudioFormat.parse({});

t.test('what is said is asked for at once, whether or not the store has answered', async (t) => {
  const { asked, open } = slow();
  const recording = open();
  recording.write([final(1)]);
  recording.write([cleaned(1), final(2)]);
  t.same(
    asked.map(({ additions }) => namesOf(additions)),
    [['final 1'], ['cleaned 1', 'final 2']],
  );
  let settled = false;
  recording.end();
  recording.whenSettled(() => {
    settled = true;
  });
  await asked[0]!.answer('done');
  t.notOk(settled);
  await asked[1]!.answer('done');
  t.ok(settled);
  recording.write([final(3)]);
  t.equal(asked.length, 2, 'nothing is said after the end');
});

t.test(
  'what failed, and all that may rest on it, is asked for again in its order, without a next sentence',
  async (t) => {
    const { asked, clock, problems, open } = slow();
    const recording = open();
    recording.write([final(1)]);
    recording.write([cleaned(1)]);
    await asked[0]!.answer(full);
    recording.write([final(2)]);
    await asked[1]!.answer('done');
    t.equal(asked.length, 2, 'not at once');
    clock.pass(5_000);
    t.same(namesOf(asked[2]?.additions), ['final 1', 'cleaned 1', 'final 2']);
    await asked[2]!.answer(full);
    clock.pass(5_000);
    t.equal(asked.length, 3, 'later each time');
    clock.pass(5_000);
    recording.write([final(3)]);
    await asked[3]!.answer('done');
    t.same(namesOf(asked[4]?.additions), ['final 3'], 'what came meanwhile follows');
    await asked[4]!.answer('done');
    recording.write([final(4)]);
    t.same(namesOf(asked[5]?.additions), ['final 4'], 'it is well again');
    t.equal(problems.length, 1);
    t.match(problems[0], /SQLITE_FULL.*tried again/);
    t.equal(clock.waiting, 0);
  },
);

t.test('a limit that is reached is reported, and tried again', async (t) => {
  const { asked, clock, problems, open } = slow();
  const recording = open();
  recording.write([final(1)]);
  await asked[0]!.answer('space');
  t.match(problems, [/reached their bound/]);
  clock.pass(5_000);
  await asked[1]!.answer('done');
  recording.write([final(2)]);
  t.same(namesOf(asked[2]?.additions), ['final 2']);
});

t.test('after its end a session is tried for a while, then left to its journal', async (t) => {
  const { asked, clock, open } = slow();
  const recording = open();
  recording.write([final(1)]);
  recording.end();
  let written: boolean | undefined;
  recording.whenSettled((isWritten) => {
    written = isWritten;
  });
  for (let i = 0; i < 300 && written === undefined; i++) {
    await asked.at(-1)!.answer(full);
    clock.pass(60_000);
  }
  t.equal(written, false);
  t.ok(asked.length > 8, `${asked.length} tries`);
  t.equal(clock.waiting, 0);
});

t.test('what is not written yet is there for the journal, in its order', async (t) => {
  const { asked, open } = slow();
  const recording = open();
  recording.write([final(1)]);
  recording.write([cleaned(1), final(2)]);
  t.same(recording.unwritten, [final(1), cleaned(1), final(2)]);
  await asked[0]!.answer('done');
  t.same(recording.unwritten, [cleaned(1), final(2)]);
  await asked[1]!.answer('done');
  t.same(recording.unwritten, []);
});

t.test('an empty transcript is removed before anybody takes the session for over', async (t) => {
  const { open, calls } = slow();
  const recording = open({ ...PLACE, unasked: true });
  recording.end();
  let settled = false;
  recording.whenSettled(() => {
    settled = true;
  });
  t.notOk(settled);
  await new Promise((next) => setImmediate(next));
  t.same(calls, ['removeEmpty']);
  t.ok(settled);
});

t.test('a session of an earlier process waits for a store, unless nothing is to be kept', async (t) => {
  const parts = { store: undefined, unavailableReason: 'locked', keepDays: 0, nowMs: () => 0, log: silentLog };
  const clock = new ManualClock();
  t.same(new TranscriptRecorder({ ...parts, clock, mode: 'off' }).resumeRecording(PLACE, AUDIO), { refusal: 'locked' });
  const { recording } = new TranscriptRecorder({ ...parts, clock, mode: 'asked' }).resumeRecording(PLACE, AUDIO);
  recording!.write([final(1)]);
  await new Promise((next) => setImmediate(next));
  t.same(recording!.unwritten, [final(1)], 'its journal keeps that');
  recording!.suspend();
  t.equal(clock.waiting, 0);
});

t.test('a transcript whose first part cannot be begun goes again', async (t) => {
  const removed: string[] = [];
  const store = {
    create: async () => ({ id: 'new' }),
    join: () => Promise.reject(full),
    remove: async (_: string, id: string) => void removed.push(id),
  } as unknown as TranscriptStore;
  const recorder = new TranscriptRecorder({
    ...{
      store,
      unavailableReason: '',
      mode: 'asked',
      keepDays: 0,
      nowMs: () => 0,
      clock: new ManualClock(),
      log: silentLog,
    },
  });
  t.match(await recorder.startRecording({}, { session: 's', owner: 'key', audio: AUDIO }), { refusal: /SQLITE_FULL/ });
  t.same(removed, ['new']);
});

t.test('what waits has a bound', async (t) => {
  const { asked, clock, problems, open } = slow();
  const recording = open();
  recording.write([final(1)]);
  await asked[0]!.answer(full);
  for (let i = 2; i < 2_100; i++) recording.write([final(i)]);
  await new Promise((next) => setImmediate(next));
  t.match(problems.at(-1), /too long; nothing more of this session is kept/);
  t.equal(clock.waiting, 0);
});

t.test('a store that never answers is asked no more than the bound', async (t) => {
  const { asked, problems, open } = slow();
  const recording = open();
  for (let i = 1; i < 2_100; i++) recording.write([final(i)]);
  await new Promise((next) => setImmediate(next));
  t.equal(asked.length, 2_000);
  t.match(problems.at(-1), /nothing more of this session is kept/);
});

t.test('a session that never came to be takes back what was made for it, and no more', async (t) => {
  for (const [isNew, calls] of [
    [true, ['remove']],
    [false, ['undoJoin']],
  ] as const) {
    const place = slow();
    const recording = place.open(PLACE, isNew);
    recording.rollBack();
    recording.rollBack();
    t.same(place.calls, calls);
  }
});

t.test('a transcript that nobody asked for and in which nothing was said goes', async (t) => {
  for (const [unasked, speaks, calls] of [
    [true, false, ['removeEmpty']],
    [true, true, []],
    [false, false, []],
  ] as const) {
    const place = slow();
    const recording = place.open({ ...PLACE, unasked });
    if (speaks) recording.write([final(1)]);
    recording.end();
    recording.end();
    t.same(place.calls, calls);
  }
});

t.test('a store that does not answer keeps no session from beginning, and a late place is taken back', async (t) => {
  const clock = new ManualClock();
  const removed: string[] = [];
  let created: (id: { readonly id: string }) => void = () => {};
  const store = {
    create: () => new Promise((resolve) => (created = resolve)),
    join: async () => ({ transcript: 'late', part: 1, atMs: 0 }),
    remove: async (_: string, id: string) => void removed.push(id),
  } as unknown as TranscriptStore;
  const recorder = new TranscriptRecorder({
    ...{ store, unavailableReason: '', mode: 'asked', keepDays: 0, nowMs: () => 0, clock, log: silentLog },
  });
  const beginning = recorder.startRecording({}, { session: 's', owner: 'key', audio: AUDIO });
  clock.pass(3_000);
  t.match(await beginning, { refusal: /does not answer/ });
  created({ id: 'late' });
  await new Promise((next) => setImmediate(next));
  await new Promise((next) => setImmediate(next));
  t.same(removed, ['late']);
  t.equal(clock.waiting, 0);
});

t.test('what a key may not have more of is said, and the session goes on', async (t) => {
  for (const [answer, refusal] of [
    ['full', /as many transcripts/],
    ['space', /reached their bound/],
  ] as const) {
    const store = promiseCalls({ create: () => answer } as never);
    const recorder = new TranscriptRecorder({
      ...{
        store,
        unavailableReason: '',
        mode: 'all',
        keepDays: 0,
        nowMs: () => 0,
        clock: new ManualClock(),
        log: silentLog,
      },
    });
    t.match(await recorder.startRecording(undefined, { session: 's', owner: 'key', audio: AUDIO }), { refusal });
  }
});
