import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import type { ServerEvent, Session, ViewerEvent } from '../../client/sdk/index.ts';
import { FAULTS, VIEW_SUBPROTOCOL, ViewerEvent as ViewerEventSchema } from '../../protocol/index.ts';
import { MemoryJournalStore } from '../../server/store/memory-journal-store.ts';
import { converse, finalsOf, openScriptedServer, script, sound, uws, ws } from '../support/scripted-server.ts';
import { NO_UWS, runsUws } from '../support/uws.ts';
import { finalTexts, watch, watchEvents } from '../support/viewing.ts';

const SENTENCES = 4;
const WORDS = Array.from({ length: SENTENCES }, (_, i) => script(`Now comes um sentence ${i}.`, i * 3 + 0.6)).flat();
const SOUND = sound(
  SENTENCES * 3,
  Array.from({ length: SENTENCES }, (_, i) => [i * 3 + 0.5, i * 3 + 2.2] as const),
);
const isIdle = (event: ViewerEvent): boolean => event.type === 'room' && event.state === 'idle';
const isFinal = (event: ViewerEvent): boolean => event.type === 'final';
/** The room is idle again after somebody spoke. */
const isOver = (events: readonly ViewerEvent[]) => (event: ViewerEvent) =>
  isIdle(event) && events.indexOf(event) > events.findIndex(isFinal) && events.some(isFinal);

/** What viewers should have read of a session, kind by kind. */
const sentTo = (events: readonly ServerEvent[], type: 'final' | 'cleaned') =>
  events.flatMap((event) => (event.type === type ? [{ sentence: event.sentence, text: event.text }] : []));
const read = (events: readonly ViewerEvent[], type: 'final' | 'cleaned') =>
  events.flatMap((event) => (event.type === type ? [{ sentence: event.sentence, text: event.text }] : []));

for (const [name, transport, runs] of [
  ['ws', ws, true],
  ['uws', uws, runsUws],
] as const) {
  if (!runs) {
    t.test(`rooms over ${name}`, { skip: NO_UWS }, async () => {});
    continue;
  }
  t.test(`over ${name}, viewers by WebSocket and by server-sent events read what the speaker receives`, async (t) => {
    const server = await openScriptedServer(WORDS, 1, { transport });
    const session = await server.connect({ room: 'stage' });
    const byLine = watch(server.url, 'stage');
    const byEvents = await watchEvents(server.url, 'stage/events');
    await Promise.all([byLine, byEvents].map((each) => each.waitFor(({ type }) => type === 'room')));
    const spoken = await converse(session, SOUND);
    t.equal(finalsOf(spoken).length, SENTENCES);
    for (const { events, waitFor } of [byLine, byEvents]) {
      await waitFor(isOver(events));
      for (const event of events) ViewerEventSchema.parse(event);
      t.same(read(events, 'final'), sentTo(spoken, 'final'));
      t.same(read(events, 'cleaned'), sentTo(spoken, 'cleaned'));
      const cursors = events.map(({ cursor }) => cursor);
      t.same(
        cursors,
        [...new Set(cursors)].sort((a, b) => a - b),
        'cursors grow',
      );
      t.notOk(
        events.some((event) => 'words' in event),
        'no words unless asked for',
      );
      stableStays(t, events);
    }
    const late = await watchEvents(server.url, 'stage/events?from=start&words=1');
    await late.waitFor(isIdle);
    await late.waitFor(() => read(late.events, 'cleaned').length === SENTENCES);
    t.same(read(late.events, 'final'), sentTo(spoken, 'final'), 'who comes later reads it all');
    const words = late.events.flatMap((event) => (event.type === 'final' ? (event.words ?? []) : []));
    t.ok(words.length >= SENTENCES * 4);
    const half = late.events.filter(isFinal)[1]!.cursor;
    const rest = await watchEvents(server.url, 'stage/events', { 'last-event-id': String(half) });
    await rest.waitFor(() => read(rest.events, 'final').length === 2);
    t.same(finalTexts(rest.events), finalsOf(spoken).slice(2), 'and who comes back the rest');
    for (const each of [byLine, byEvents, late, rest]) each.close();
    await server.close();
  });

  t.test(`over ${name}, who watches takes no speaker's place, and a server that ends says so`, async (t) => {
    const server = await openScriptedServer(WORDS, 1, { transport });
    const session = await server.connect();
    const { session: id } = session.ready;
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/rooms/${id}`, VIEW_SUBPROTOCOL);
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    const frames: string[] = [];
    const first = new Promise<void>((resolve) => {
      socket.on('message', (data, isBinary) => {
        t.notOk(isBinary);
        frames.push(String(data));
        resolve();
      });
    });
    await first;
    const events = await watchEvents(server.url, `${id}/events`);
    await events.waitFor(({ type }) => type === 'room');
    t.match(JSON.parse(frames[0]!), { type: 'room', state: 'live', sessions: [id] });
    t.equal(server.registry.size, 1);
    t.equal(server.rooms.viewers, 2);
    server.gateway.drain();
    await t.rejects(watchEvents(server.url, `${id}/events`), { message: /^503.*server\.draining/ });
    session.close();
    server.rooms.close();
    t.equal(await closed, FAULTS['server.draining'].close);
    t.match(JSON.parse(frames.at(-1)!), { type: 'fault', code: 'server.draining' });
    await events.over;
    t.match(events.events.at(-1), { type: 'fault', code: 'server.draining' });
    await server.close();
    t.equal(server.rooms.viewers, 0, 'nobody is counted who has left');
  });

  t.test(`over ${name}, a viewer that leaves is forgotten at once`, async (t) => {
    const server = await openScriptedServer([], 1, { transport });
    const viewer = await watchEvents(server.url, 'stage/events');
    await viewer.waitFor(({ type }) => type === 'room');
    t.equal(server.rooms.viewers, 1);
    viewer.close();
    while (server.rooms.viewers > 0) await new Promise((resolve) => setImmediate(resolve));
    t.pass();
    await server.close();
  });
}

/** Stable text is a prefix of every later partial of its sentence and of its final; after that there is none. */
function stableStays(t: Test, events: readonly ViewerEvent[]): void {
  const stable = new Map<string, string>();
  for (const event of events) {
    if (event.type !== 'partial' && event.type !== 'final') continue;
    const key = `${event.session} ${event.channel} ${event.sentence}`;
    const text = event.type === 'final' ? event.text : event.stable;
    t.ok(text.startsWith(stable.get(key) ?? ''), `${key} keeps its stable text`);
    stable.set(key, event.type === 'final' ? `${text}\n` : text);
  }
}

t.test('two sessions speak in one room, and each has its sentences', async (t) => {
  const server = await openScriptedServer(WORDS);
  const [one, two] = [await server.connect({ room: 'panel' }), await server.connect({ room: 'panel' })];
  const viewer = watch(server.url, 'panel');
  const first = await viewer.waitFor(({ type }) => type === 'room');
  t.same(first.type === 'room' && first.sessions, [one.ready.session, two.ready.session]);
  await Promise.all([converse(one, SOUND), converse(two, SOUND)]);
  await viewer.waitFor(isOver(viewer.events));
  const finals = viewer.events.filter(isFinal);
  const keys = finals.map((event) => 'sentence' in event && `${event.session} ${event.sentence}`);
  t.equal(new Set(keys).size, 2 * SENTENCES);
  t.equal(finals.length, 2 * SENTENCES);
  viewer.close();
  await server.close();
});

t.test('after a restart a session goes on in its room: no final is lost or comes twice', async (t) => {
  const store = new MemoryJournalStore();
  let server = await openScriptedServer(WORDS, 8, { store });
  const port = Number(new URL(server.url).port);
  const session = await server.connect({ room: 'stage' });
  const { session: id } = session.ready;
  const viewer = watch(server.url, 'stage', { from: 'start' });
  const spoken = await speakOver(session, async () => {
    await server.close();
    server = await openScriptedServer(WORDS, 8, { store: new MemoryJournalStore([[id, store.readFile(id)!]]), port });
  });
  t.equal(finalsOf(spoken).length, SENTENCES);
  await viewer.waitFor(() => read(viewer.events, 'cleaned').length === SENTENCES);
  t.same(read(viewer.events, 'final'), sentTo(spoken, 'final'), 'for who watched all the time');
  const late = watch(server.url, 'stage', { from: 'start' });
  await late.waitFor(() => read(late.events, 'cleaned').length === SENTENCES);
  t.same(read(late.events, 'final'), sentTo(spoken, 'final'), 'and for who comes afterwards');
  viewer.close();
  late.close();
  await server.close();
});

async function speakOver(session: Session, restart: () => Promise<void>): Promise<ServerEvent[]> {
  const events: ServerEvent[] = [];
  const reading = (async () => {
    for await (const event of session) events.push(event);
  })();
  let restarted = false;
  for (let at = 0; at < SOUND.length; at += 1_600) {
    session.send(SOUND.subarray(at, at + 1_600));
    await session.sent();
    await new Promise((resolve) => setImmediate(resolve));
    if (restarted || finalsOf(events).length < 2) continue;
    restarted = true;
    await restart();
  }
  await session.finish();
  await reading;
  return events;
}

t.test('what a viewer asks for that cannot be is refused with what was wanted', async (t) => {
  const server = await openScriptedServer([]);
  await t.rejects(watchEvents(server.url, 'stage/events?from=yesterday'), { message: /400.*from yesterday.*cursor/ });
  await t.rejects(watchEvents(server.url, 'stage/events?translate=German'), { message: /400.*translate German/ });
  await t.rejects(watchEvents(server.url, 'Stage/events'), { message: /404/ });
  await t.rejects(server.connect({ room: 'Main Stage' }), { code: 'command.option' });
  const viewer = watch(server.url, 'stage', { translate: 'German' });
  await viewer.over;
  await server.close();
});
