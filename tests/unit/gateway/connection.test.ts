import t from 'tap';
import { LIMITS, type ServerEvent, type Start } from '../../../protocol/index.ts';
import { nativeDialect } from '../../../server/dialect/native.ts';
import { LiveSession } from '../../../server/flow/live-session.ts';
import { resolveOrigin } from '../../../server/flow/session-origin.ts';
import { SessionConnection } from '../../../server/gateway/connection.ts';
import type { DialectSession } from '../../../server/ports/dialect.ts';
import type { Connection } from '../../../server/ports/transport.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { script, scriptedParts, sound } from '../../support/scripted-server.ts';
import { staysTrue, until, untilSettled } from '../../support/until.ts';

const identity = { key: '', scopes: [], sessionsMax: undefined, quota: { minutes: 0 }, countAudio: () => true };

function place(words = script('Hello there.', 0.5)) {
  const clock = new ManualClock();
  const { parts } = scriptedParts(words, { clock });
  /** A client on a line of its own. */
  const dial = (lifetime: DialectSession['lifetime'] = 'kept', replies: readonly string[] = []) => {
    const events: ServerEvent[] = [];
    const line = { paused: false, closed: undefined as readonly [number, string] | undefined, queuedBytes: 0 };
    const connection: Connection = {
      id: 'x',
      get queuedBytes() {
        return line.queuedBytes;
      },
      send: (frame) => events.push(JSON.parse(String(frame))),
      pause: () => {
        line.paused = true;
      },
      resume: () => {
        line.paused = false;
      },
      close: (...how) => {
        line.closed ??= how;
      },
      fail: (error) => {
        throw error;
      },
    };
    const request = { url: '/v1/stream', headers: {}, subprotocols: [], remoteAddress: '127.0.0.1' };
    const dialect = nativeDialect.open(request, { id: 'x', nowMs: 0, model: 'script' }) as DialectSession;
    const client = { identity: identity, address: '127.0.0.1' };
    const read: DialectSession['read'] = (frame) =>
      replies.length === 0 ? dialect.read(frame) : { ...dialect.read(frame), replies };
    const handler = new SessionConnection(connection, { ...dialect, lifetime, read }, { parts, client });
    const send = (message: object): void => handler.message(JSON.stringify(message));
    return { events, line, handler, send };
  };
  return { clock, registry: parts.registry, dial };
}

t.test('a client that sends messages too fast is not read for a while, and all of them count', (t) => {
  const { clock, dial } = place();
  const { events, line, send } = dial();
  send({ type: 'start' });
  for (let i = 1; i <= 199; i++) send({ type: 'flush', id: String(i) });
  t.equal(line.paused, false, '200 at once are welcome');
  for (let i = 200; i <= 300; i++) send({ type: 'flush', id: String(i) });
  t.equal(line.paused, true);
  const flushed = events.filter(({ type }) => type === 'flushed');
  t.same(
    flushed.map((event) => 'id' in event && event.id),
    Array.from({ length: 300 }, (_, i) => String(i + 1)),
  );
  clock.pass(1_900);
  t.equal(line.paused, true);
  clock.pass(200);
  t.equal(line.paused, false, '101 too many are two seconds');
  t.end();
});

t.test('messages that cannot be read count, too', (t) => {
  const { dial } = place();
  const { events, line, handler, send } = dial();
  send({ type: 'start' });
  for (let i = 0; i < 200; i++) handler.message('nonsense');
  t.equal(line.paused, true);
  t.equal(events.filter(({ type }) => type === 'fault').length, 200);
  t.end();
});

t.test('a million empty frames are read at a rate, and the longest rest has a bound', (t) => {
  const { clock, dial } = place();
  const { line, handler, send } = dial();
  send({ type: 'start' });
  const tiny = new Uint8Array(0);
  for (let i = 0; i < 3_999; i++) handler.message(tiny);
  t.equal(line.paused, false, 'two seconds of frames at once are welcome');
  for (let i = 0; i < 1_000_000; i++) handler.message(tiny);
  t.equal(line.paused, true);
  clock.pass(19_999);
  t.equal(line.paused, true);
  clock.pass(1);
  t.equal(line.paused, false);
  t.end();
});

t.test('a client that is not read for its rate stays so when its session would read on', async (t) => {
  const { clock, dial } = place();
  const { line, handler, send } = dial();
  send({ type: 'start' });
  // More than 10 s of speech not yet judged: the session stops reading.
  handler.message(new Uint8Array(sound(14, [[0, 14]]).buffer));
  t.equal(line.paused, true);
  for (let i = 0; i < 4_100; i++) handler.message(new Uint8Array(0));
  // All is judged meanwhile, but too many frames came.
  await staysTrue(() => line.paused, 20);
  clock.pass(100);
  t.equal(line.paused, false);
});

t.test('a silent server says that it is alive, with the number of its last event', (t) => {
  const { clock, dial } = place();
  const { events, send } = dial();
  send({ type: 'start' });
  t.match(events, [{ type: 'ready', seq: 1, aliveMs: 1_500 }]);
  for (let i = 0; i < 3; i++) {
    clock.pass(1_500);
    t.match(events.slice(1), Array(i + 1).fill({ type: 'alive', seq: 1 }));
  }
  clock.pass(1_400);
  send({ type: 'flush' });
  t.match(events[4], { type: 'flushed', seq: 2 });
  clock.pass(1_499);
  t.equal(events.length, 5, 'who has just spoken need not');
  clock.pass(1);
  t.match(events[5], { type: 'alive', seq: 2 });
  t.end();
});

t.test('a client that does not read is cut off, and comes back for what it has not seen', (t) => {
  const { clock, registry, dial } = place();
  const slow = dial();
  slow.send({ type: 'start' });
  const ready = slow.events[0] as { session: string; secret: string };
  slow.line.queuedBytes = 1_048_577;
  slow.send({ type: 'flush', id: 'unseen' });
  t.same(slow.line.closed, [1013, 'client.slow']);
  slow.handler.close(1006);
  t.equal(registry.size, 1, 'its session waits');
  clock.pass(5_000);
  const back = dial();
  back.send({ type: 'start', resume: { session: ready.session, secret: ready.secret, seq: 1 } });
  t.match(back.events, [
    { type: 'resumed', commands: 1 },
    { type: 'flushed', id: 'unseen', seq: 2 },
  ]);
  t.end();
});

t.test('where the protocol knows no way back, a client that does not read ends its session', (t) => {
  const { registry, dial } = place();
  const slow = dial('connection');
  slow.send({ type: 'start' });
  slow.line.queuedBytes = 1_048_577;
  slow.send({ type: 'flush' });
  t.same(slow.line.closed, [1013, 'client.slow']);
  t.equal(registry.size, 0);
  t.end();
});

t.test('a client that sends nothing, falls silent or goes on for too long gets an error', async (t) => {
  const { clock, dial } = place();
  const mute = dial();
  clock.pass(10_000);
  t.match(mute.events, [{ type: 'fault', code: 'session.unopened' }]);
  t.same(mute.line.closed, [1008, 'session.unopened']);
  const silent = dial();
  silent.send({ type: 'start' });
  clock.pass(60_000);
  t.match(
    silent.events.filter(({ type }) => type !== 'alive'),
    [{ type: 'ready' }, { type: 'fault', code: 'session.idle', fatal: false }, { type: 'done' }],
  );
  const long = dial();
  long.send({ type: 'start' });
  for (let minute = 0; minute < 480 * 2; minute++) {
    clock.pass(30_000);
    long.send({ type: 'keepalive' });
  }
  t.match(
    long.events.filter(({ type }) => type !== 'alive'),
    [{ type: 'ready' }, { type: 'fault', code: 'session.long', fatal: false }, { type: 'done' }],
  );
});

t.test('a session that has ended leaves no timer behind', (t) => {
  const { clock, registry, dial } = place();
  const client = dial('connection');
  client.send({ type: 'start' });
  client.handler.message(new Uint8Array(3_200));
  for (let i = 0; i < 300; i++) client.send({ type: 'keepalive' });
  client.handler.close(1006);
  t.equal(registry.size, 0);
  t.equal(clock.waiting, 0);
  t.end();
});

t.test('a dialect that throws when it greets, reads or writes ends its own connection and leaves nothing', (t) => {
  const bug = (): never => {
    throw new Error('a bug');
  };
  const native = nativeDialect.open(
    { url: '/v1/stream', headers: {}, subprotocols: [], remoteAddress: '127.0.0.1' },
    { id: 'x', nowMs: 0, model: 'script' },
  ) as DialectSession;
  for (const broken of ['greet', 'read', 'write', 'end'] as const) {
    const clock = new ManualClock();
    const { parts } = scriptedParts([], { clock });
    const closed: (readonly [number, string])[] = [];
    const connection: Connection = {
      ...{ id: 'x', queuedBytes: 0, send() {}, pause() {}, resume() {} },
      close: (...how) => void closed.push(how),
      fail: () => void closed.push([1011, 'server.bug']),
    };
    const options = { parts, client: { identity: identity, address: '127.0.0.1' } };
    const handler = new SessionConnection(connection, { ...native, [broken]: bug }, options);
    handler.message(broken === 'end' ? '{"type":"flush"}' : '{"type":"start"}');
    if (broken === 'end') {
      const started = new SessionConnection(connection, { ...native, end: bug }, options);
      started.message('{"type":"start"}');
      started.message('{"type":"finish"}');
      t.same(closed.splice(1), [[1011, 'server.bug']], 'also when its session has ended well');
    }
    t.same(closed, [[1011, 'server.bug']], broken);
    t.equal(parts.registry.size, 0, broken);
    clock.pass(120_000);
    t.equal(clock.waiting, 0, broken);
  }
  t.end();
});

/** A dialect that breaks where it is told to. */
function placeBroken(broken: { where: string }) {
  const clock = new ManualClock();
  const logged: unknown[] = [];
  const log = { debug() {}, info() {}, warn() {}, error: (fields: object) => logged.push(fields) };
  const { parts } = scriptedParts(script('Hello there.', 0.5), { clock, log });
  const events: ServerEvent[] = [];
  const bugs: string[] = [];
  const connection: Connection = {
    ...{ id: 'x', queuedBytes: 0, pause() {}, resume() {}, close() {} },
    send: (frame) => events.push(JSON.parse(String(frame))),
    fail: (error) => bugs.push((error as Error).message),
  };
  const request = { url: '/v1/stream', headers: {}, subprotocols: [], remoteAddress: '127.0.0.1' };
  const native = nativeDialect.open(request, { id: 'x', nowMs: 0, model: 'script' }) as DialectSession;
  const breaks = (where: string): void => {
    if (broken.where === where) throw new Error(where);
  };
  const dialect: DialectSession = {
    lifetime: 'kept',
    greet: () => native.greet(),
    read: (frame) => native.read(frame),
    write: (event) => {
      breaks('write');
      return native.write(event);
    },
    end: (status, reason) => native.end(status, reason),
  };
  const client = { identity: identity, address: '127.0.0.1' };
  const open = () => new SessionConnection(connection, dialect, { parts, client });
  return { clock, parts, events, bugs, logged, open };
}

t.test('a dialect that breaks while it writes ends its connection, and its session can be resumed', (t) => {
  const broken = { where: '' };
  const { parts, events, bugs, logged, open } = placeBroken(broken);
  const handler = open();
  handler.message('{"type":"start"}');
  const [ready] = events;
  if (ready?.type !== 'ready') throw new Error('not ready');
  broken.where = 'write';
  handler.message('{"type":"flush","id":"1"}');
  t.same(bugs, ['write'], 'once, and no more is written');
  handler.message('{"type":"flush","id":"2"}');
  handler.close(1011);
  t.same(logged, [], 'the session itself has not failed');
  broken.where = '';
  const again = open();
  again.message(
    JSON.stringify({ type: 'start', resume: { session: ready.session, secret: ready.secret, seq: ready.seq } }),
  );
  t.same(
    events.slice(1).map(({ type }) => type),
    ['resumed', 'flushed'],
  );
  t.equal(parts.registry.size, 1);
  t.end();
});

t.test('a timer of a connection that breaks ends that connection, and not the session', (t) => {
  const broken = { where: '' };
  const { clock, parts, bugs, open } = placeBroken(broken);
  const handler = open();
  handler.message('{"type":"start"}');
  broken.where = 'write';
  clock.pass(LIMITS.aliveEveryMs);
  t.same(bugs, ['write'], 'the sign of life could not be written');
  handler.close(1011);
  t.equal(parts.registry.size, 1, 'it waits for its client');
  t.end();
});

t.test("a timer of a session that breaks ends that session, and the others' timers run on", (t) => {
  const clock = new ManualClock();
  const logged: unknown[] = [];
  const log = { debug() {}, info() {}, warn() {}, error: (fields: object) => logged.push(fields) };
  const { parts } = scriptedParts(script('Hello there.', 0.5), { clock, log });
  const broken = { isBroken: false };
  const open = (queuedBytes: () => number) => {
    const events: ServerEvent[] = [];
    const line = {
      ...{ lifetime: 'kept' as const, queuedBytes, pause() {}, resume() {}, close() {} },
      send: (event: ServerEvent) => events.push(event),
    };
    const client = { identity: identity, address: '127.0.0.1' };
    const origin = resolveOrigin({ type: 'start' } as Start, parts.offer, client);
    const session = new LiveSession(origin, line, parts, client);
    parts.registry.open(session);
    return { events, session };
  };
  // A timer sends a fault to a client that has fallen silent, and measures its queue.
  const victim = open(() => {
    if (!broken.isBroken) return 1;
    broken.isBroken = false;
    throw new Error('the timer broke');
  });
  const other = open(() => 0);
  victim.session.execute({ type: 'flush', id: '1' });
  broken.isBroken = true;
  clock.pass(LIMITS.idleTimeoutMs);
  t.match(logged, [{ session: victim.session.id, err: { message: 'the timer broke' } }]);
  t.match(victim.events.at(-1), { type: 'fault', code: 'server.bug' });
  t.equal(parts.registry.find(victim.session.id), undefined);
  t.match(other.events.at(-1)?.type, /done|final|ack|flushed/, 'the other was finalised when its time was up');
  t.notMatch(other.events, [{ code: 'server.bug' }]);
  t.end();
});

t.test('a slow client gets partials when its connection has drained, with no timer', async (t) => {
  const { clock, dial } = place([...script('Hello there.', 0.5), ...script('So it goes.', 2.5)]);
  const { events, line, handler, send } = dial();
  const count = (type: string): number => events.filter((event) => event.type === type).length;
  send({ type: 'start' });
  line.queuedBytes = 100_000;
  handler.message(new Uint8Array(sound(2, [[0.3, 1.9]]).buffer));
  await untilSettled(() => events.length, 100);
  t.equal(count('partial'), 0, 'they wait');
  send({ type: 'flush', id: 'x' });
  await until(() => count('final') > 0 && count('flushed') > 0);
  t.equal(count('partial'), 0, 'what is final does not');
  handler.message(new Uint8Array(sound(2, [[0.3, 1.9]]).buffer));
  await untilSettled(() => events.length, 100);
  t.equal(count('partial'), 0);
  line.queuedBytes = 0;
  handler.drained();
  t.equal(count('partial'), 1, 'only the newest is sent');
  t.equal(events.at(-1)?.type, 'partial');
  t.same(
    events.map(({ seq }) => seq),
    Array.from(events, (_, i) => i + 1),
  );
  t.equal(clock.nowMs(), 0);
});

t.test('a connection that has ended, or lost its session to another, sends nothing when it has drained', async (t) => {
  const { dial } = place();
  const old = dial();
  old.send({ type: 'start' });
  const ready = old.events[0] as { session: string; secret: string };
  old.line.queuedBytes = 100_000;
  old.handler.message(new Uint8Array(sound(2, [[0.3, 1.9]]).buffer));
  await untilSettled(() => old.events.length, 100);
  const back = dial();
  back.line.queuedBytes = 100_000;
  back.send({ type: 'start', resume: { session: ready.session, secret: ready.secret, seq: old.events.at(-1)!.seq } });
  const counts = [old.events.length, back.events.length];
  back.line.queuedBytes = 0;
  old.handler.drained();
  t.same([old.events.length, back.events.length], counts);
  back.handler.drained();
  t.equal(back.events.at(-1)?.type, 'partial');
  back.handler.close(1006);
  back.handler.drained();
  t.pass();
});

t.test('a client that does not read the replies to its messages is cut off', (t) => {
  const { dial } = place();
  const { line, send } = dial('connection', [JSON.stringify({ type: 'reply' })]);
  send({ type: 'start' });
  send({ type: 'keepalive' });
  t.equal(line.closed, undefined);
  line.queuedBytes = LIMITS.outboxBytesMax + 1;
  send({ type: 'keepalive' });
  t.match(line.closed, [Number, 'client.slow']);
  t.end();
});
