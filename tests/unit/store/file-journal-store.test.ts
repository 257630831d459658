import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { FileJournalStore } from '../../../server/store/file-journal-store.ts';

const ID = '00000000-0000-4000-8000-000000000001';
const OTHER = '00000000-0000-4000-8000-000000000002';
const base = mkdtempSync(join(tmpdir(), 'sotto-files-'));
t.teardown(() => rmSync(base, { recursive: true, force: true }));
let folders = 0;
const folderOf = (): string => join(base, String(folders++), 'journal');
const open = (folder: string, limits: { session?: number; all?: number } = {}): FileJournalStore =>
  new FileJournalStore({ folder, sync: 'never', sessionBytesMax: limits.session ?? 1e6, bytesMax: limits.all ?? 1e7 });
const isJournal = (name: string): boolean => name.includes('.journal');
const entry = (bytes: number) => ({ record: {}, audio: new Uint8Array(bytes) });

t.test('the folder and its files are for their owner alone, also when the folder was there', async (t) => {
  const folder = folderOf();
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  chmodSync(folder, 0o755);
  const journal = open(folder).create(ID);
  journal.append(entry(1));
  journal.replace([entry(1)]);
  t.equal(statSync(folder).mode & 0o777, 0o700);
  t.same([...new Set(readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777))], [0o600]);
});

t.test('a journal has a bound, all of them have one, and what is removed makes room', async (t) => {
  const store = open(folderOf(), { session: 1_000, all: 1_500 });
  const one = store.create(ID);
  const other = store.create(OTHER);
  one.append(entry(800));
  t.throws(() => one.append(entry(300)), RangeError);
  t.throws(() => other.append(entry(800)), RangeError);
  t.equal(other.bytes, 0, 'what was refused does not count');
  one.remove();
  other.append(entry(800));
  t.equal(store.bytes, other.bytes);
});

t.test('two servers cannot have one folder, and a lock of a dead one does not count', async (t) => {
  const folder = folderOf();
  const first = open(folder);
  t.throws(() => open(folder), { code: 'ELOCKED' });
  first.close();
  const second = open(folder);
  second.close();
  // No process has this number, or one that began at another time.
  for (const lock of ['4194305 1', `${process.pid} 1`, 'rubbish', '']) {
    writeFileSync(join(folder, 'lock'), lock);
    t.doesNotThrow(() => open(folder).close(), lock);
  }
});

t.test('what cannot be read has no entries, and files of others are left alone', async (t) => {
  const folder = folderOf();
  open(folder).close();
  writeFileSync(join(folder, `${ID}.journal`), 'rubbish');
  mkdirSync(join(folder, `${OTHER}.journal`));
  writeFileSync(join(folder, 'notes.txt'), 'mine');
  writeFileSync(join(folder, `${ID}.journal.new`), 'half');
  const left = [...open(folder).listLeftovers()];
  t.same(left.map((each) => [each.session, each.readEntries().length]).sort(), [
    [ID, 0],
    [OTHER, 0],
  ]);
  for (const { journal } of left) journal.remove();
  t.notOk(existsSync(join(folder, `${ID}.journal`)));
  t.ok(existsSync(join(folder, 'notes.txt')));
  t.notOk(existsSync(join(folder, `${ID}.journal.new`)), 'what a dying process had not finished is gone');
});

t.test('a folder that cannot be made says so', async (t) => {
  writeFileSync(join(base, 'file'), '');
  t.throws(() => open(join(base, 'file', 'journal')), { code: 'ENOTDIR' });
});

t.test(
  'a full disk is an error of the write',
  { skip: existsSync('/dev/full') ? false : 'this system has no /dev/full' },
  async (t) => {
    const folder = folderOf();
    const store = open(folder);
    for (const name of [`${ID}.journal`, `${ID}.journal.new`]) symlinkSync('/dev/full', join(folder, name));
    const journal = store.create(ID);
    t.throws(() => journal.append(entry(10)), { code: 'ENOSPC' });
    t.throws(() => journal.replace([entry(10)]), { code: 'ENOSPC' });
    journal.remove();
    t.equal(store.bytes, 0);
  },
);

t.test('with sync, a name is on the disk before the call that creates, renames or removes it returns', async (t) => {
  const folder = folderOf();
  const done: string[] = [];
  const disk = {
    syncFile: () => void done.push('file'),
    // What it holds by then is what a power cut would leave.
    syncFolder: (path: string) => void done.push(path === folder ? readdirSync(path).filter(isJournal).join() : path),
  };
  const take = (): string[] => done.splice(0);
  const store = new FileJournalStore({ folder, sync: 'always', sessionBytesMax: 1e6, bytesMax: 1e7, disk });
  t.same(take(), [join(folder, '..')], 'the folder is a name, too');
  const journal = store.create(ID);
  journal.append(entry(1));
  t.same(take(), ['file', `${ID}.journal`], 'content first: a name without it would be an empty journal');
  journal.append(entry(1));
  t.same(take(), ['file']);
  journal.replace([entry(1)]);
  t.same(take(), ['file', `${ID}.journal`]);
  journal.append(entry(1));
  t.same(take(), ['file']);
  journal.remove();
  t.same(take(), ['']);
  const never = new FileJournalStore({ folder: folderOf(), sync: 'never', sessionBytesMax: 1e6, bytesMax: 1e7, disk });
  const other = never.create(ID);
  other.append(entry(1));
  other.replace([entry(1)]);
  other.remove();
  t.same(take(), []);
});

t.test('a disk that cannot keep a name is an error of the write', async (t) => {
  let isBroken = false;
  const syncFolder = (): void => {
    if (isBroken) throw Object.assign(new Error('input/output error'), { code: 'EIO' });
  };
  const disk = { syncFile: () => {}, syncFolder };
  const store = new FileJournalStore({ folder: folderOf(), sync: 'always', sessionBytesMax: 1e6, bytesMax: 1e7, disk });
  isBroken = true;
  const journal = store.create(ID);
  t.throws(() => journal.append(entry(1)), { code: 'EIO' });
  t.throws(() => journal.replace([entry(1)]), { code: 'EIO' });
  journal.remove();
  t.equal(store.bytes, 0);
});
