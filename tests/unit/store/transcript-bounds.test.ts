import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openDatabase } from '../../../server/store/open-database.ts';
import { SqliteTranscripts } from '../../../server/store/sqlite-transcripts.ts';
import { type Database, MIGRATIONS, migrateSchema } from '../../../server/store/transcript-schema.ts';
import { begin, final } from '../../contract/transcripts.ts';
import { randomFrom } from '../../support/random.ts';

const Library = createRequire(import.meta.url)('libsql') as new (path: string) => Database;
const OWNER = 'key-a';

function memory(bounds: { readonly bytesMax: number; readonly bytesPerOwnerMax: number }) {
  const database = new Library(':memory:');
  migrateSchema(database);
  const bytes = (): number =>
    (database.prepare('SELECT coalesce(sum(bytes), 0) AS bytes FROM transcripts').get() as { bytes: number }).bytes;
  return { database, bytes, store: new SqliteTranscripts(database, { nowMs: () => 0, bounds }) };
}

/** Sentences as they are spoken: about fifteen of some two thousand words. */
function speech(count: number): string[] {
  const random = randomFrom(5);
  const letters = 'etaoinshrdlucmfwypvbgk';
  const pick = (most: number): number => Math.floor(random() * most);
  const word = (): string => Array.from({ length: 2 + pick(7) }, () => letters[pick(letters.length)]).join('');
  const words = Array.from({ length: 2_000 }, word);
  return Array.from({ length: count }, () => Array.from({ length: 8 + pick(14) }, () => words[pick(2_000)]).join(' '));
}

t.test('what is counted is about what the file takes', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-bounds-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const database = openDatabase({ folder, sync: 'never', nowMs: Date.now, onBrokenFile: () => {} });
  const store = new SqliteTranscripts(database, { nowMs: Date.now });
  for (let i = 0; i < 3; i++) {
    const { place } = begin(store);
    store.add(
      place,
      speech(700).map((text, i) => final(i + 1, text)),
    );
  }
  const { bytes } = database.prepare('SELECT sum(bytes) AS bytes FROM transcripts').get() as { bytes: number };
  store.close();
  const { size } = statSync(join(folder, 'transcripts.db'));
  t.comment(`counted ${bytes}, the file has ${size}: ${(bytes / size).toFixed(2)}`);
  t.ok(bytes > 0.7 * size && bytes < 1.4 * size, `${bytes} of ${size}`);
});

t.test('whatever is written and deleted, the count is that of what is there', async (t) => {
  const { database, store, bytes } = memory({ bytesMax: 0, bytesPerOwnerMax: 0 });
  const { id, place } = begin(store);
  const bare = bytes();
  t.ok(bare > 0);
  store.add(place, [final(1, 'Hello there.')]);
  const spoken = bytes();
  t.ok(spoken > bare);
  store.saveNote(OWNER, id, 'n', { atMs: 0, text: 'A note of some length.' });
  store.saveNote(OWNER, id, 'n', { atMs: 0, text: 'A note.' });
  t.ok(bytes() > spoken);
  store.deleteNote(OWNER, id, 'n');
  t.equal(bytes(), spoken);
  store.updateSentence(OWNER, id, '1.0.1', { correction: 'Hello, my friends.' });
  t.ok(bytes() > spoken);
  store.updateSentence(OWNER, id, '1.0.1', { correction: null });
  t.equal(bytes(), spoken);
  store.add(place, [{ kind: 'revised', channel: 0, sentence: 1, text: 'Hello, dear.', words: [] }]);
  t.ok(bytes() > spoken);
  store.update(OWNER, id, { title: 'A longer title than before', speakers: { 0: 'Me' } });
  t.ok(bytes() > spoken);
  store.remove(OWNER, id);
  t.equal(bytes(), 0);
  database.close();
});

t.test('a file from before the count is counted', async (t) => {
  const database = new Library(':memory:');
  database.exec(MIGRATIONS[0]!);
  database.exec('PRAGMA user_version = 1');
  database.exec(
    "INSERT INTO transcripts (n, id, owner, title, started_ms, changed_ms) VALUES (1, 'a', 'key-a', 'Old', 0, 0)",
  );
  database.exec("INSERT INTO texts (t, place, folded) VALUES (1, 't', 'old')");
  database.exec(
    "INSERT INTO sentences (t, part, channel, sentence, text, language, from_ms, to_ms, words) VALUES (1, 1, 0, 1, 'Some words.', 'en', 0, 1, '[]')",
  );
  migrateSchema(database);
  const { bytes } = database.prepare('SELECT bytes FROM transcripts').get() as { bytes: number };
  t.ok(bytes > 300 && bytes < 600, `${bytes}`);
  database.exec('DELETE FROM sentences');
  database.exec('DELETE FROM texts');
  const { bytes: bare } = database.prepare('SELECT bytes FROM transcripts').get() as { bytes: number };
  t.ok(bare > 0 && bare < bytes, 'the rows that go are taken off as they were counted');
  database.close();
});

function filled(t: Test, bounds: { readonly bytesMax: number; readonly bytesPerOwnerMax: number }) {
  const place = memory(bounds);
  t.teardown(() => place.database.close());
  const first = begin(place.store);
  let sentence = 0;
  while (place.store.add(first.place, [final(++sentence, 'Some words that take room.')]) === 'done')
    if (sentence > 10_000) throw new Error('no bound');
  return { ...place, ...first, sentence };
}

t.test(
  'a key that has reached its bound keeps nothing more until it deletes some, and others are not concerned',
  async (t) => {
    const { store, id, place, sentence, bytes } = filled(t, { bytesMax: 0, bytesPerOwnerMax: 40_000 });
    t.ok(bytes() <= 40_000);
    t.equal(store.read(OWNER, id)?.sentences.length, sentence - 1, 'a sentence is kept whole or not at all');
    t.equal(store.create(OWNER, { title: 'x'.repeat(200), startedMs: 0 }), 'space');
    t.equal(store.saveNote(OWNER, id, 'n', { atMs: 0, text: 'x'.repeat(500) }), 'space');
    t.same(store.read(OWNER, id)?.notes, []);
    t.equal(store.updateSentence(OWNER, id, '1.0.1', { highlight: true }), 'done', 'what takes no more is allowed');
    t.equal(store.add(place, [{ kind: 'audio', audioMs: 900_000 }]), 'done');
    const other = store.create('key-b', { title: 'Mine', startedMs: 0 });
    t.ok(typeof other === 'object');
    t.equal(store.remove(OWNER, id), 'done');
    t.ok(typeof store.create(OWNER, { title: 'Again', startedMs: 0 }) === 'object');
  },
);

t.test('the bound of all holds for everybody', async (t) => {
  const { store, id } = filled(t, { bytesMax: 40_000, bytesPerOwnerMax: 0 });
  t.equal(store.create('key-b', { title: 'x'.repeat(200), startedMs: 0 }), 'space');
  t.equal(store.remove(OWNER, id), 'done');
  t.ok(typeof store.create('key-b', { title: 'x'.repeat(200), startedMs: 0 }) === 'object');
});
