import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openDatabase, StorageUnavailable, type TranscriptFile } from '../../../server/store/open-database.ts';
import { openTranscripts, type TranscriptFolder } from '../../../server/store/open-transcripts.ts';
import { SqliteTranscripts } from '../../../server/store/sqlite-transcripts.ts';
import { type Database, MIGRATIONS, migrateSchema } from '../../../server/store/transcript-schema.ts';
import { begin, final } from '../../contract/transcripts.ts';
import { randomFrom } from '../../support/random.ts';

const Library = createRequire(import.meta.url)('libsql') as new (path: string) => Database;

function folderOf(t: Test): TranscriptFile & { readonly broken: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-transcripts-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const broken: string[] = [];
  return { folder, sync: 'never', nowMs: () => 1_700_000_000_000, onBrokenFile: (name) => broken.push(name), broken };
}

const kept = (t: Test): TranscriptFolder => ({
  ...{ ...folderOf(t), bounds: { bytesMax: 0, bytesPerOwnerMax: 0 } },
  onError: (error) => t.error(error),
});

const open = (file: TranscriptFile): SqliteTranscripts =>
  new SqliteTranscripts(openDatabase(file), { nowMs: file.nowMs });

const contentsOf = (folder: string): string =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('\n');

t.test(
  'only the owner can read the files',
  { skip: process.platform === 'win32' && 'no such rights there' },
  async (t) => {
    const file = folderOf(t);
    const store = open(file);
    const { place } = begin(store);
    store.add(place, [final(1, 'Some words.')]);
    const names = readdirSync(file.folder);
    t.ok(names.includes('transcripts.db-wal'), 'the write-ahead file, too');
    for (const name of names) t.equal(statSync(join(file.folder, name)).mode & 0o777, 0o600, name);
    t.equal(statSync(file.folder).mode & 0o777, 0o700);
    store.close();
  },
);

t.test('nothing of a deleted transcript is left in the files, and their room is given back', async (t) => {
  const file = folderOf(t);
  const store = open(file);
  const { place: other } = begin(store, 'Kept');
  store.add(other, [final(1, 'Harmless words.')]);
  const { id, place } = begin(store, 'Xylophone title');
  for (let i = 1; i <= 300; i++) store.add(place, [final(i, `Xylophone sentence ${i} about quokkas.`)]);
  store.saveNote('key-a', id, 'n', { atMs: 1, text: 'Xylophone note' });
  store.updateSentence('key-a', id, '1.0.7', { correction: 'Xylophones, corrected.' });
  t.match(contentsOf(file.folder), /quokkas/);
  const before = statSync(join(file.folder, 'transcripts.db')).size;
  t.equal(store.remove('key-a', id), 'done');
  for (const word of [/xylophone/i, /quokka/i, /sentence 299/]) t.notMatch(contentsOf(file.folder), word);
  t.match(contentsOf(file.folder), /Harmless words/);
  t.equal(statSync(join(file.folder, 'transcripts.db-wal')).size, 0);
  store.close();
  const { size } = statSync(join(file.folder, 'transcripts.db'));
  t.ok(size <= before || size < 100_000, `${before} bytes, then ${size}`);
});

t.test('a note or correction that was replaced is not left in the file', async (t) => {
  const file = folderOf(t);
  const store = open(file);
  const { id, place } = begin(store);
  store.add(place, [final(1, 'Words.')]);
  store.updateSentence('key-a', id, '1.0.1', { correction: 'Xylophone' });
  store.saveNote('key-a', id, 'n', { atMs: 1, text: 'Quokka' });
  store.updateSentence('key-a', id, '1.0.1', { correction: null });
  store.deleteNote('key-a', id, 'n');
  store.close();
  t.notMatch(contentsOf(file.folder), /xylophone|quokka/i);
});

t.test('a broken file is set aside and reported, and a new one is begun', async (t) => {
  const file = folderOf(t);
  writeFileSync(join(file.folder, 'transcripts.db'), 'no database '.repeat(1_000));
  const store = open(file);
  t.same(file.broken, ['transcripts.db.broken-2023-11-14T22-13-20-000Z']);
  t.match(readFileSync(join(file.folder, file.broken[0]!), 'utf8'), /^no database/);
  t.ok(begin(store).id);
  store.close();
});

t.test('a file with a broken page is found out at the start', async (t) => {
  const file = folderOf(t);
  const store = open(file);
  const { place } = begin(store);
  store.add(
    place,
    Array.from({ length: 400 }, (_, i) => final(i + 1, `Sentence ${i} with some words in it.`)),
  );
  store.close();
  const path = join(file.folder, 'transcripts.db');
  const bytes = readFileSync(path);
  t.ok(bytes.length > 40 * 4_096, `${bytes.length} bytes`);
  for (let page = 12; page < 40; page++) bytes.fill(0x5a, page * 4_096, page * 4_096 + 2_000);
  writeFileSync(path, bytes);
  open(file).close();
  t.equal(file.broken.length, 1);
});

t.test('whatever is written, changed and deleted, file and index stay sound', async (t) => {
  const random = randomFrom(11);
  const database = new Library(':memory:');
  migrateSchema(database);
  const store = new SqliteTranscripts(database, { nowMs: () => 0 });
  const words = ['now', 'comes', 'um', 'sentence', 'budget', 'printer', '会議', 'x'];
  const pick = (most: number): number => Math.floor(random() * most);
  const text = (): string => Array.from({ length: 1 + pick(6) }, () => words[pick(words.length)]).join(' ');
  const places = [begin(store), begin(store)];
  for (let i = 0; i < 400; i++) {
    const at = pick(2);
    const { id, place } = places[at]!;
    const sentence = 1 + pick(20);
    const steps = [
      () => store.add(place, [final(sentence, text())]),
      () => store.add(place, [{ kind: 'cleaned', channel: 0, sentence, text: text() }]),
      () => store.add(place, [{ kind: 'translated', channel: 0, sentence, language: 'de', text: text() }]),
      () => store.updateSentence('key-a', id, `1.0.${sentence}`, { correction: pick(2) === 0 ? null : text() }),
      () => store.saveNote('key-a', id, `n${pick(4)}`, { atMs: 0, text: text() }),
      () => store.deleteNote('key-a', id, `n${pick(4)}`),
      () => store.update('key-a', id, { title: text() }),
      () => {
        if (pick(8) > 0) return;
        store.remove('key-a', id);
        places[at] = begin(store);
      },
    ];
    steps[pick(steps.length)]!();
    if (i % 10 === 9) t.match(database.prepare('PRAGMA integrity_check').get(), { integrity_check: 'ok' }, `step ${i}`);
  }
  store.close();
});

t.test('an index that does not fit its texts is made anew, and nothing is set aside', async (t) => {
  const file = folderOf(t);
  const store = open(file);
  const { place } = begin(store);
  store.add(place, [final(1, 'About a printer.')]);
  store.close();
  const database = new Library(join(file.folder, 'transcripts.db'));
  database.exec("UPDATE search_content SET c0 = 'about a' WHERE c0 LIKE '%printer%'");
  database.close();
  const next = open(file);
  t.same(file.broken, []);
  t.equal(next.list('key-a', { words: ['printer'], limit: 5 }).transcripts.length, 1);
  next.close();
});

t.test('a file of a newer version is left alone', async (t) => {
  const file = folderOf(t);
  open(file).close();
  const database = new Library(join(file.folder, 'transcripts.db'));
  database.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
  database.close();
  t.throws(() => open(file), { message: /newer version/ });
  t.same(file.broken, []);
});

t.test('a schema step that fails leaves the file as it was', async (t) => {
  const database = new Library(':memory:');
  database.exec('CREATE TABLE notes (something)');
  t.throws(() => migrateSchema(database));
  t.match(database.prepare('PRAGMA user_version').get(), { user_version: 0 });
  t.notOk(database.prepare("SELECT 1 AS there FROM sqlite_master WHERE name = 'transcripts'").get());
  database.close();
});

t.test('one server at a time has the file', async (t) => {
  const file = kept(t);
  const store = await openTranscripts(file);
  await t.rejects(openTranscripts(file), new StorageUnavailable('another server uses the data folder'));
  await store.close();
  await (await openTranscripts(file)).close();
});

t.test('a folder that cannot be made says so', async (t) => {
  const file = kept(t);
  const path = join(file.folder, 'file');
  writeFileSync(path, '');
  await t.rejects(openTranscripts({ ...file, folder: join(path, 'transcripts') }), { message: /cannot be written/ });
});

t.test('on a full disk a write fails whole, and works again when there is room', async (t) => {
  const database = new Library(':memory:');
  migrateSchema(database);
  const store = new SqliteTranscripts(database, { nowMs: () => 0 });
  const { id, place } = begin(store);
  store.add(place, [final(1, 'Before.')]);
  const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number };
  database.prepare(`PRAGMA max_page_count = ${pages}`).all();
  const much = 'Too much to write. '.repeat(2_000);
  t.throws(() => store.add(place, [final(2, 'Small.'), final(3, much)]), { code: 'SQLITE_FULL' });
  t.equal(store.read('key-a', id)?.sentences.length, 1, 'what is there can be read');
  database.prepare('PRAGMA max_page_count = 100000').all();
  t.equal(store.add(place, [final(2, 'Small.'), final(3, much)]), 'done');
  t.equal(store.read('key-a', id)?.sentences.length, 3);
  store.close();
});

t.test('nothing of a text is lost at a NUL', async (t) => {
  const database = new Library(':memory:');
  migrateSchema(database);
  const store = new SqliteTranscripts(database, { nowMs: () => 0 });
  const { id } = begin(store, '\0');
  store.saveNote('key-a', id, 'n', { atMs: 1, text: 'abc\0tail' });
  t.match(store.read('key-a', id), { title: '\ufffd', notes: [{ text: 'abc\ufffdtail' }] });
  t.equal(store.list('key-a', { words: ['tail'], limit: 1 }).transcripts.length, 1);
  store.close();
});
