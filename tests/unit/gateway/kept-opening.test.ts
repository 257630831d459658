import t, { type Test } from 'tap';
import type { ServerEvent } from '../../../protocol/index.ts';
import { nativeDialect } from '../../../server/dialect/native.ts';
import { TranscriptRecorder } from '../../../server/flow/transcript-recorder.ts';
import { SessionConnection } from '../../../server/gateway/connection.ts';
import type { TranscriptStore } from '../../../server/ports/transcripts.ts';
import { MemoryTranscripts } from '../../../server/store/memory-transcripts.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { promiseCalls } from '../../support/memory-recorder.ts';
import { script, scriptedParts, silentLog, sound } from '../../support/scripted-server.ts';
import { TEST_CLIENT } from '../../support/test-client.ts';

/** Two seconds, in which the script's words are spoken. */
const SPEECH = new Uint8Array(sound(2, [[0.4, 1.2]]).buffer);

/** A client of a server whose store of transcripts answers `create` when it is told to. */
function place(words = script('Hello there.', 0.5)) {
  const clock = new ManualClock();
  const transcripts = new MemoryTranscripts(() => 0);
  let create: () => void = () => {};
  const created = new Promise<void>((resolve) => {
    create = resolve;
  });
  const store: TranscriptStore = {
    ...Object.fromEntries(
      ['add', 'join', 'undoJoin', 'remove', 'removeEmpty', 'read', 'list'].map((name) => [
        name,
        promiseCalls(transcripts)[name as 'list'],
      ]),
    ),
    create: (...args: Parameters<MemoryTranscripts['create']>) => created.then(() => transcripts.create(...args)),
  } as unknown as TranscriptStore;
  const recorder = new TranscriptRecorder({
    ...{ store, unavailableReason: '', mode: 'asked', keepDays: 0, nowMs: () => 0, clock, log: silentLog },
  });
  const { parts } = scriptedParts(words, { clock, recorder });
  const events: ServerEvent[] = [];
  const line = { paused: false, closed: undefined as readonly [number, string] | undefined };
  const bugs: unknown[] = [];
  const connection = {
    id: 'x',
    queuedBytes: 0,
    send: (frame: string | Uint8Array) => void events.push(JSON.parse(String(frame))),
    pause: () => {
      line.paused = true;
    },
    resume: () => {
      line.paused = false;
    },
    close: (...how: [number, string]) => {
      line.closed ??= how;
    },
    fail: (error: unknown) => void bugs.push(error),
  };
  const request = { url: '/v1/stream', headers: {}, subprotocols: [], remoteAddress: '127.0.0.1' };
  const dialect = nativeDialect.open(request, { id: 'x', nowMs: 0, model: 'script' });
  const handler = new SessionConnection(connection, dialect as never, { parts, client: TEST_CLIENT });
  const send = (message: object): void => handler.message(JSON.stringify(message));
  const answer = async (): Promise<void> => {
    create();
    await turns();
  };
  const kept = () => transcripts.list(TEST_CLIENT.identity.key, { words: [], limit: 9 }).transcripts;
  return { clock, registry: parts.registry, transcripts, events, line, bugs, handler, send, answer, kept };
}

/** Whatever waits for nothing but its turn has had it. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets time and promises pass until there is such an event. */
async function passTimeUntil(t: Test, { clock, events }: ReturnType<typeof place>, type: string): Promise<void> {
  for (let i = 0; i < 400 && !events.some((event) => event.type === type); i++) {
    clock.pass(50);
    await turns();
  }
  t.ok(
    events.some((event) => event.type === type),
    `${type} came`,
  );
}

t.test('what a client sends while its place is looked for is heard, in its order', async (t) => {
  const client = place();
  const { events, line, handler, send, answer, registry, kept } = client;
  send({ type: 'start', keep: {} });
  t.ok(line.paused, 'it is not read meanwhile');
  t.equal(registry.size, 1, 'it has its place on the server');
  handler.message(SPEECH);
  handler.message('nonsense');
  send({ type: 'finish' });
  await turns();
  t.same(events, []);
  await answer();
  t.notOk(line.paused);
  t.match(events[0], { type: 'ready', transcript: kept()[0]?.id });
  t.match(
    events.filter(({ type }) => type === 'fault'),
    [{ code: 'command.unreadable', fatal: false }],
  );
  await passTimeUntil(t, client, 'done');
  t.equal(events.filter(({ type }) => type === 'final').length, 1);
  await turns();
  t.equal(kept()[0]?.sentences, 1);
});

t.test('a client that has said its all and left is heard all the same', async (t) => {
  const client = place();
  const { handler, send, answer, registry, kept, clock } = client;
  send({ type: 'start', keep: {} });
  handler.message(SPEECH);
  send({ type: 'finish' });
  handler.close(1000);
  t.equal(registry.size, 1);
  await answer();
  for (let i = 0; i < 200 && registry.size > 0; i++) {
    clock.pass(50);
    await turns();
  }
  t.equal(registry.size, 0);
  t.equal(kept()[0]?.sentences, 1);
});

t.test('a connection that is cut before its place is found leaves a session that waits and ends', async (t) => {
  const { handler, send, answer, registry, clock } = place();
  send({ type: 'start', keep: {} });
  handler.close(1006);
  await answer();
  t.equal(registry.size, 1);
  for (let i = 0; i < 400 && registry.size > 0; i++) {
    clock.pass(100);
    await turns();
  }
  t.equal(registry.size, 0);
});

t.test('a server that stops meanwhile opens nothing', async (t) => {
  const { events, line, handler, send, answer, registry, kept, clock } = place();
  send({ type: 'start', keep: {} });
  handler.drain();
  t.match(events, [{ type: 'fault', code: 'server.draining' }]);
  t.ok(line.closed);
  handler.close(1012);
  await answer();
  t.equal(registry.size, 0);
  t.same(kept(), []);
  t.equal(clock.waiting, 0);
});

t.test('a missing transcript is reported, and nothing is left', async (t) => {
  const { events, line, send, registry, clock } = place();
  send({ type: 'start', keep: { transcript: '00000000-0000-4000-8000-000000000000' } });
  await turns();
  t.match(events, [{ type: 'fault', code: 'transcript.unknown' }]);
  t.equal(line.closed?.[0], 1008);
  t.equal(registry.size, 0);
  t.equal(clock.waiting, 0);
});

t.test('a store that does not answer is waited for no longer than a few seconds', async (t) => {
  const client = place();
  const { clock, events, send, bugs } = client;
  send({ type: 'start', keep: {} });
  clock.pass(3_000);
  await turns();
  t.match(events[0], { type: 'ready' });
  t.notOk('transcript' in events[0]!);
  t.match(events[1], { type: 'notice', code: 'keep.skipped', text: /does not answer/ });
  t.same(bugs, []);
});
