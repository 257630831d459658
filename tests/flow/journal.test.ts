import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { WebSocket } from 'ws';
import type { ServerEvent } from '../../client/sdk/index.ts';
import { silentMeter } from '../../server/flow/silent-meter.ts';
import type { Journal, JournalStore } from '../../server/ports/journal-store.ts';
import { decodeEntries, encodeEntry } from '../../server/store/entries.ts';
import { FileJournalStore } from '../../server/store/file-journal-store.ts';
import { MemoryJournalStore } from '../../server/store/memory-journal-store.ts';
import { groupByType } from '../support/group-by-type.ts';
import { listeningLog } from '../support/listening-log.ts';
import { randomFrom } from '../support/random.ts';
import {
  converse,
  finalsOf,
  openScriptedServer,
  type ScriptedServer,
  script,
  sound,
} from '../support/scripted-server.ts';
import { simulateDelay, until } from '../support/until.ts';

const WORDS = [...script('We are here.', 0.6), ...script('They were there.', 3.6), ...script('Good night.', 6.6)];
const SOUND = sound(8, [
  [0.5, 1.6],
  [3.5, 4.6],
  [6.5, 7.3],
]);
const ID = '00000000-0000-4000-8000-000000000001';

/** Fails each call that `wrong` says, as a full disk does. */
function failing(wrong: (call: number) => boolean): JournalStore {
  const store = new MemoryJournalStore();
  let calls = 0;
  const check = (): void => {
    if (wrong(calls++)) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  };
  return {
    ...{ bytes: 0, listLeftovers: () => [], close: () => {} },
    create: (session) => {
      check();
      const journal = store.create(session);
      return {
        bytes: 0,
        append: (entry) => {
          check();
          journal.append(entry);
        },
        replace: (entries) => {
          check();
          journal.replace(entries);
        },
        remove: () => journal.remove(),
      } satisfies Journal;
    },
  };
}

t.test('when nothing can be written, sessions go on, and the log says so in one line', async (t) => {
  const calm = await openScriptedServer(WORDS);
  const whole = groupByType(await converse(await calm.connect({ partials: { mode: 'off' } }), SOUND));
  await calm.close();
  for (const [when, wrong] of [
    ['from the start', () => true],
    ['after some writes', (call: number) => call > 4],
  ] as const) {
    const { log, lines } = listeningLog();
    let unjournalled = 0;
    const meter = { ...silentMeter, unjournalled: () => void unjournalled++ };
    const server = await openScriptedServer(WORDS, 8, { store: failing(wrong), log, meter });
    for (let session = 0; session < 3; session++) {
      const events = await converse(await server.connect({ partials: { mode: 'off' } }), SOUND);
      t.same(groupByType(events), whole, when);
    }
    t.equal(unjournalled, 3);
    t.same(lines.filter((line) => line.startsWith('error')).length, 1, when);
    t.match(lines.join('\n'), /sessions go on[\s\S]*ENOSPC/);
    await server.close();
  }
});

t.test('once it can be written again, that is one line, too', async (t) => {
  const { log, lines } = listeningLog();
  const server = await openScriptedServer(WORDS, 8, { store: failing((call) => call < 2), log });
  t.teardown(() => server.close());
  for (let session = 0; session < 4; session++) await converse(await server.connect(), SOUND.subarray(0, 32_000));
  t.same(
    lines.map((line) => line.split(' ')[0]),
    ['error', 'info'],
  );
});

interface Left {
  readonly session: string;
  readonly secret: string;
  readonly seq: number;
  readonly file: Uint8Array;
}

/** A session in the middle of its second sentence, as a process that is killed would leave it. */
async function leave(): Promise<Left> {
  const store = new MemoryJournalStore();
  const server = await openScriptedServer(WORDS, 8, { store });
  const session = await server.connect({ partials: { everyMs: 100 }, reconnect: false });
  const events: ServerEvent[] = [];
  const reading = (async () => {
    for await (const event of session) events.push(event);
  })();
  for (let at = 0; at < 4.55 * 16_000; at += 1_600) {
    session.send(SOUND.subarray(at, at + 1_600));
    await simulateDelay(2);
  }
  await until(() => events.some((event) => event.type === 'partial' && event.sentence === 2 && event.stable !== ''));
  const { session: id, secret } = session.ready;
  const file = store.readFile(id)!;
  const seq = events.at(-1)!.seq;
  session.close();
  await reading;
  await server.close();
  return { session: id, secret, seq, file };
}

/** Asks for a session and says what came. */
async function ask(server: ScriptedServer, { session, secret, seq }: Left): Promise<ServerEvent[]> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/stream?resume=${session}`, ['sotto.v1']);
  const events: ServerEvent[] = [];
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.send(JSON.stringify({ type: 'start', resume: { session, secret, seq } }));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('message', (data) => {
    const event = JSON.parse(String(data)) as ServerEvent;
    events.push(event);
    if (event.type !== 'resumed') return;
    socket.send(SOUND.subarray(event.samples));
    socket.send('{"type":"finish"}');
  });
  await closed;
  return events;
}

t.test('a session goes on in the next process from what it wrote', async (t) => {
  const left = await leave();
  const server = await openScriptedServer(WORDS, 8, { store: new MemoryJournalStore([[left.session, left.file]]) });
  t.teardown(() => server.close());
  const events = await ask(server, left);
  t.equal(events[0]!.type, 'resumed');
  t.same(finalsOf(events), ['They were there.', 'Good night.']);
  t.same(
    events.slice(1).map(({ seq }) => seq),
    events.slice(1).map((_, i) => left.seq + 1 + i),
  );
  t.equal(events.at(-1)!.type, 'done');
  t.equal(server.registry.size, 0);
});

t.test('a journal cut at any byte is gone on with, or honestly not, and never ends the server', async (t) => {
  const left = await leave();
  const random = randomFrom(5);
  const { entries } = decodeEntries(left.file);
  const ends = entries.map((_, i) =>
    entries.slice(0, i + 1).reduce((sum, entry) => sum + encodeEntry(entry).length, 0),
  );
  t.ok(entries.length > 5, `${entries.length} entries`);
  let resumed = 0;
  let unknown = 0;
  const cuts = [0, 1, left.file.length - 1, ...ends, ...Array.from({ length: 20 }, () => random() * left.file.length)];
  for (const cut of cuts.map(Math.floor)) {
    const store = new MemoryJournalStore([[left.session, left.file.subarray(0, cut)]]);
    const server = await openScriptedServer(WORDS, 8, { store });
    const seen = entries.slice(0, ends.filter((end) => end <= cut).length).flatMap(({ record }) => {
      return (record as { events: ServerEvent[] }).events;
    });
    // As a client that had seen just what was written, and as one that had seen more.
    const seq = seen.at(-1)?.seq ?? 0;
    // Both come back a moment after the start: what this process says meanwhile is not what that client saw.
    await simulateDelay(20);
    const more = (await ask(server, { ...left, seq: seq + 1 }))[0];
    t.match(more, { type: 'fault', code: 'session.unknown' });
    const events = await ask(server, { ...left, seq });
    if (events[0]?.type === 'resumed') {
      resumed++;
      const finals = finalsOf([...seen, ...events]);
      if (finals.join(' ') !== 'We are here. They were there. Good night.')
        t.fail(`cut at ${cut}: ${finals.join('|')}`);
    } else unknown++;
    await server.close();
  }
  t.ok(resumed > 20 && unknown >= 2, `${resumed} went on, ${unknown} did not`);
});

t.test(
  'a client that does not come back: what was said is finalised, kept for the grace time, and removed',
  async (t) => {
    const left = await leave();
    const store = new MemoryJournalStore([[left.session, left.file]]);
    const server = await openScriptedServer(WORDS, 8, { store, graceMs: 150 });
    t.teardown(() => server.close());
    t.equal(server.registry.size, 1, 'it takes its place');
    await until(() => server.registry.size === 0);
    const texts = decodeEntries(store.readFile(left.session)!).entries.flatMap(({ record }) =>
      finalsOf((record as { events: ServerEvent[] }).events),
    );
    t.same(texts, ['We are here.', 'They were there.']);
    await until(() => store.bytes === 0);
    t.pass('and then it is gone');
  },
);

t.test('broken files are one clear line each, and the server starts', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-broken-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const wrong = [
    'rubbish',
    encodeEntry({ record: {}, audio: new Uint8Array(3) }),
    encodeEntry({ record: { birth: { version: 9 }, events: [], standing: {} }, audio: new Uint8Array(0) }),
    encodeEntry({ record: { birth: { version: 1, session: ID }, events: 3, standing: {} }, audio: new Uint8Array(0) }),
  ];
  for (const [i, bytes] of wrong.entries()) writeFileSync(join(folder, `${ID.slice(0, -1)}${i}.journal`), bytes);
  const { log, lines } = listeningLog();
  const store = new FileJournalStore({ folder, sync: 'never', sessionBytesMax: 1e6, bytesMax: 1e7 });
  const server = await openScriptedServer(WORDS, 8, { store, log });
  t.teardown(() => server.close());
  t.equal(lines.length, wrong.length);
  for (const line of lines) t.match(line, /is removed/);
  t.same(readdirSync(folder), ['lock', 'lock.db']);
  t.equal(server.registry.size, 0);
});
