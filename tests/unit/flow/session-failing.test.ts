import t, { type Test } from 'tap';
import type { ServerEvent, Start } from '../../../protocol/index.ts';
import { FULL_SERVICE_LEVEL } from '../../../server/core/schedule/load-shedder.ts';
import type { ClientChannel } from '../../../server/flow/client-channel.ts';
import type { DecodeRequest } from '../../../server/flow/decode-scheduler.ts';
import { LiveSession, type SessionParts } from '../../../server/flow/live-session.ts';
import { resolveOrigin } from '../../../server/flow/session-origin.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { scriptedParts, silentLog, sound } from '../../support/scripted-server.ts';
import { sureHypothesis } from '../../support/sure-hypothesis.ts';
import { TEST_CLIENT } from '../../support/test-client.ts';
import { until } from '../../support/until.ts';

const START: Start = { type: 'start', room: 'hall' };
const AUDIO = new Uint8Array(sound(2, []).buffer);

/** A session whose channel to the client, and other parts, can be told to fail from now on. */
function place(change: (parts: SessionParts, fails: () => void) => Partial<SessionParts> = () => ({})) {
  const clock = new ManualClock();
  const bugs: string[] = [];
  const log = { ...silentLog, error: ({ err }: { err?: unknown }) => void bugs.push(String(err)) };
  const { parts } = scriptedParts([], { clock, log });
  const state = { broken: false, sendBroken: false, sends: 0 };
  const fails = (): void => {
    if (state.broken) throw new Error('broken');
  };
  const events: ServerEvent[] = [];
  const closed: [number, string][] = [];
  const line: ClientChannel = {
    lifetime: 'kept',
    queuedBytes: () => 0,
    send(event) {
      state.sends++;
      if (state.sendBroken) throw new Error('broken line');
      events.push(event);
    },
    pause() {},
    resume() {},
    close: (...how) => void closed.push(how),
  };
  const all = { ...parts, rooms: undefined, ...change(parts, fails) };
  const session = new LiveSession(resolveOrigin(START, all.offer, TEST_CLIENT), line, all, TEST_CLIENT);
  parts.registry.open(session);
  const isGone = (t: Test): void => {
    t.equal(parts.registry.size, 0, 'the session has gone');
    t.equal(clock.waiting, 0, 'and left no timer');
  };
  return { session, state, events, closed, bugs, clock, parts, isGone };
}

t.test('a client to whom nothing can be said ends its session once', async (t) => {
  const { session, state, closed, bugs, isGone } = place();
  state.sendBroken = true;
  session.execute({ type: 'audio', bytes: AUDIO });
  isGone(t);
  t.same(closed, [[1011, 'server.bug']]);
  t.ok(state.sends <= 4, `${state.sends} attempts to say it`);
  t.ok(bugs.length > 0 && bugs.length <= 4, bugs.join('; '));
});

t.test('the same when it fails in a timer', async (t) => {
  const { session, state, closed, clock, isGone } = place();
  session.execute({ type: 'keepalive' });
  state.sendBroken = true;
  clock.pass(61_000);
  isGone(t);
  t.equal(closed.length, 1);
});

t.test(
  'a room or a journal that throws ends the session, and the client gets the error if it can be sent',
  async (t) => {
    const inRoom = (_: SessionParts, fails: () => void): Partial<SessionParts> => ({
      rooms: {
        checkReader() {},
        enter: () => ({ publish: fails, findCursor: () => undefined, languages: new Set<string>(), leave: fails }),
      } as never,
    });
    const inJournal = (_: SessionParts, fails: () => void): Partial<SessionParts> => ({
      journals: {
        create: () => ({
          setCursorLookup() {},
          setUnwrittenLookup() {},
          addAudio() {},
          write: fails,
          remove: fails,
          close() {},
        }),
      } as never,
    });
    for (const [name, change] of Object.entries({ inRoom, inJournal })) {
      const { session, state, closed, bugs, isGone } = place(change);
      state.broken = true;
      session.execute({ type: 'audio', bytes: AUDIO });
      isGone(t);
      t.same(closed, [[1011, 'server.bug']], name);
      t.ok(bugs.length > 0 && bugs.length <= 6, `${name}: ${bugs.join('; ')}`);
    }
  },
);

t.test('a client that takes nothing when it resumes can come back over another line', async (t) => {
  const { session, events, state, parts } = place();
  const ready = events[0] as Extract<ServerEvent, { type: 'ready' }>;
  const resume = { session: ready.session, secret: ready.secret, seq: 1 };
  const bad: ClientChannel = {
    lifetime: 'kept',
    queuedBytes: () => 0,
    send() {
      throw new Error('gone already');
    },
    pause() {},
    resume() {},
    close() {},
  };
  t.throws(() => session.resume(resume, bad, TEST_CLIENT.identity), /gone already/);
  const again: ServerEvent[] = [];
  session.resume(resume, { ...bad, send: (event) => void again.push(event) }, TEST_CLIENT.identity);
  t.match(again, [{ type: 'resumed' }]);
  session.execute({ type: 'flush', id: 'x' });
  t.match(again.at(-1), { type: 'flushed', id: 'x' });
  t.equal(state.sends, 1);
  t.equal(parts.registry.size, 1);
});

t.test('a decode that is answered before it was taken is illegal: it ends its session, and no other', async (t) => {
  // A scheduler with a bug. The core throws rather than go on with a state that cannot be.
  const scheduler = {
    serviceLevel: FULL_SERVICE_LEVEL,
    addSession() {},
    removeSession() {},
    cancel() {},
    enqueue: ({ onAnswer }: DecodeRequest) =>
      onAnswer({ kind: 'hypothesis', job: 1, hypothesis: sureHypothesis([]) } as never),
  };
  const other = place();
  const { session, closed, bugs, isGone } = place(() => ({ scheduler: scheduler as never }));
  session.execute({ type: 'audio', bytes: new Uint8Array(sound(3, [[1, 2]]).buffer) });
  await until(() => closed.length > 0);
  isGone(t);
  t.same(closed, [[1011, 'server.bug']]);
  t.match(bugs[0], /cannot read in phase/);
  other.session.execute({ type: 'flush', id: 'x' });
  t.match(other.events.at(-1), { type: 'flushed', id: 'x' }, 'the other session goes on');
});
