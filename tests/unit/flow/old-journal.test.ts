import { readFileSync } from 'node:fs';
import t from 'tap';
import { WebSocket } from 'ws';
import type { ServerEvent } from '../../../client/sdk/index.ts';
import { SessionCore } from '../../../server/core/session/session.ts';
import { PIPELINE } from '../../../server/core/session/settings.ts';
import type { SessionSnapshot } from '../../../server/core/session/snapshot.ts';
import { decodeEntries, encodeEntry } from '../../../server/store/entries.ts';
import { MemoryJournalStore } from '../../../server/store/memory-journal-store.ts';
import { ScriptedAssistant } from '../../support/scripted-assistant.ts';
import { finalsOf, openScriptedServer, script } from '../../support/scripted-server.ts';

/** Written by an earlier version of the server, see the README beside them. */
const FIXTURES = new URL('../../fixtures/journals/', import.meta.url);
const SNAPSHOTS = readFileSync(new URL('core-snapshots.jsonl', FIXTURES), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as SessionSnapshot);
const FILE = readFileSync(new URL('session.journal', FIXTURES));
const SECRET = '49yPSdDVSSLGc1orw237Ew';
const WORDS = [...script('One two three.', 0.4), ...script('Four five six.', 2.6)];
/** A frame of silence in mu-law. */
const MULAW_SILENCE = 0xff;

/** What one entry of the journal holds. The names are spelled out here because they are the format on disk. */
interface OldStep {
  readonly birth?: { readonly session: string };
  readonly events: readonly ServerEvent[];
  readonly standing: {
    readonly driver: { readonly core: SessionSnapshot; readonly fromFrame: number; readonly warned: object };
  };
}

const ENTRIES = decodeEntries(FILE);
const STEPS = ENTRIES.entries.map(({ record }) => record as OldStep);
const SESSION = STEPS[0]!.birth!.session;

const toJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

t.test('a core restored from an old snapshot writes the same snapshot, field for field', async (t) => {
  t.ok(SNAPSHOTS.length >= 7, `${SNAPSHOTS.length} snapshots`);
  for (const [i, snapshot] of SNAPSHOTS.entries()) {
    const core = new SessionCore(snapshot.settings, PIPELINE, snapshot);
    // Not known of texts from before it was written down.
    const added = { contextLanguages: (snapshot.context ?? []).map(() => 'auto') };
    t.same(
      toJson({ ...core.snapshot, from: 0 }),
      { ...added, ...snapshot, from: 0 },
      `snapshot ${i}, before any audio`,
    );
    if (snapshot.state === 'closed') continue;
    const judged = Math.max(...snapshot.tracks.map((track) => track.judged));
    const samples = new Float32Array(judged - snapshot.from);
    core.handle({ kind: 'audio', channels: snapshot.tracks.map(() => samples) });
    t.same(toJson(core.snapshot), { ...added, ...snapshot }, `snapshot ${i}, with its audio replayed`);
  }
});

/** A server that has found the old journal, and the entries it writes, rewritten ones first. */
async function restoreOldSession() {
  const store = new MemoryJournalStore([[SESSION, FILE]]);
  const assistant = new ScriptedAssistant(({ user }) => (user === 'One two three.' ? 'Eins zwei drei.' : 'Vier.'));
  const written: OldStep[] = [];
  const listening = {
    get bytes() {
      return store.bytes;
    },
    create: (session: string) => store.create(session),
    close: () => store.close(),
    *listLeftovers() {
      for (const leftover of store.listLeftovers()) {
        const { journal } = leftover;
        const replace: typeof journal.replace = (entries) => {
          written.push(...entries.map(({ record }) => toJson(record) as OldStep));
          journal.replace(entries);
        };
        const append: typeof journal.append = (entry) => {
          written.push(toJson(entry.record) as OldStep);
          journal.append(entry);
        };
        yield { ...leftover, journal: { bytes: journal.bytes, append, replace, remove: journal.remove } };
      }
    },
  };
  return { server: await openScriptedServer(WORDS, 8, { store: listening, assistant }), written };
}

t.test('the journal of an old server is written again with the same fields', async (t) => {
  t.ok(ENTRIES.isComplete);
  t.equal(ENTRIES.entries.length, 15);
  const { server, written } = await restoreOldSession();
  t.teardown(() => server.close());
  t.equal(server.registry.size, 1, 'the session was restored');
  const { birth, standing, events, ...others } = written[0]!;
  t.same(birth, STEPS[0]!.birth);
  t.same(standing, STEPS.at(-1)!.standing);
  t.same(
    events,
    STEPS.flatMap((step) => step.events),
    'with the cursors of the room',
  );
  t.same(others, { audioFrom: standing.driver.fromFrame, unwritten: [] });
});

t.test('entries are encoded as the old server encoded them', async (t) => {
  t.same(Buffer.concat(ENTRIES.entries.map(encodeEntry)), FILE);
});

t.test('the session of an old server goes on with its client, and no word is lost or doubled', async (t) => {
  const { server, written } = await restoreOldSession();
  t.teardown(() => server.close());
  const seen = STEPS.flatMap((step) => step.events);
  const events = await resume(server.url, seen.at(-1)!.seq);
  t.match(events[0], { type: 'resumed', samples: 28_000 });
  t.same(
    events.slice(1).map(({ seq }) => seq),
    events.slice(1).map((_, i) => seen.at(-1)!.seq + 1 + i),
  );
  t.same(finalsOf(seen), ['One two three.']);
  t.same(finalsOf(events), ['Four five six.']);
  const translated = events
    .filter((event) => event.type === 'translated')
    .map(({ sentence, text }) => [sentence, text]);
  t.same(translated, [
    [1, 'Eins zwei drei.'],
    [2, 'Vier.'],
  ]);
  t.match(events.at(-1), { type: 'done', sentences: 2, audioMs: 4_000 });
  t.ok(written.length > 1, 'the session wrote entries of its own');
  for (const step of written) t.same(listFields(step), listFields(STEPS.at(-1)!));
});

/** The names of a step's fields outside the core's snapshot. */
function listFields({ standing }: OldStep): object {
  const { driver } = standing;
  return [standing, driver, driver.warned].map((part) => Object.keys(part).sort());
}

/** Resumes the old session as its client, sends half a second of silence and finishes. */
async function resume(url: string, seq: number): Promise<readonly ServerEvent[]> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/stream?resume=${SESSION}`, ['sotto.v1']);
  const events: ServerEvent[] = [];
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('message', (data) => {
    const event = JSON.parse(String(data)) as ServerEvent;
    events.push(event);
    if (event.type !== 'resumed') return;
    socket.send(new Uint8Array(4_000).fill(MULAW_SILENCE));
    socket.send('{"type":"finish"}');
  });
  socket.send(JSON.stringify({ type: 'start', resume: { session: SESSION, secret: SECRET, seq } }));
  await closed;
  return events;
}
