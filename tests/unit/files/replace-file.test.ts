import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t from 'tap';
import { replaceFile } from '../../../server/files/replace-file.ts';
import { syncFolder } from '../../../server/files/sync-folder.ts';
import { programArgs } from '../../support/program.ts';

const base = mkdtempSync(join(tmpdir(), 'sotto-replace-'));
t.teardown(() => rmSync(base, { recursive: true, force: true }));
const folderOf = (): string => mkdtempSync(join(base, 'folder-'));

t.test('the old file is there until the new one is whole', async (t) => {
  const folder = folderOf();
  const path = join(folder, 'made', 'a.json');
  replaceFile(path, () => 'old', { sync: true });
  t.equal(statSync(path).mode & 0o777, 0o600);
  replaceFile(path, () => `${readFileSync(path, 'utf8')} and new`, { sync: true });
  t.equal(readFileSync(path, 'utf8'), 'old and new');
  const failing = (): string => {
    throw new Error('no content');
  };
  t.throws(() => replaceFile(path, failing, { sync: true }), /no content/);
  t.equal(readFileSync(path, 'utf8'), 'old and new');
  const left = readdirSync(join(folder, 'made')).filter((name) => name !== 'a.json.lock.db');
  t.same(left, ['a.json'], 'and nothing is left of the attempt');
});

/** Another process that adds to the number in a file; see `tests/support/replace-file-main.ts`. */
function add(path: string, by: string, times: number, takesMs = 0): { child: ChildProcess; ended: Promise<unknown> } {
  const args = [...programArgs('tests/support/replace-file-main.ts'), path, String(times), String(takesMs), by];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  child.stdout!.on('data', () => {});
  return { child, ended: new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code))) };
}
const isWriting = ({ child }: { child: ChildProcess }): Promise<unknown> =>
  new Promise((resolve) => child.stdout!.once('data', resolve));

for (const [by, options] of Object.entries({ kernel: {}, number: { library: undefined } })) {
  t.test(`${by}: several processes change a file at once, and no change is lost`, async (t) => {
    const path = join(folderOf(), 'count');
    const adders = Array.from({ length: 3 }, () => add(path, by, 50));
    t.same(await Promise.all(adders.map(({ ended }) => ended)), [0, 0, 0]);
    t.equal(readFileSync(path, 'utf8'), '150');
  });

  t.test(`${by}: a process whose disk is slow is waited for, and not taken for dead`, async (t) => {
    const path = join(folderOf(), 'count');
    const slow = add(path, by, 1, 300);
    await isWriting(slow);
    const others = [add(path, by, 1, 300), add(path, by, 1, 300)];
    const next = (): string => String(Number(readFileSync(path, 'utf8')) + 1);
    replaceFile(path, next, { sync: false, staleMs: 30, waitMs: 20_000, ...options });
    t.same(await Promise.all([slow, ...others].map(({ ended }) => ended)), [0, 0, 0]);
    t.equal(readFileSync(path, 'utf8'), '4');
  });

  t.test(`${by}: a process that takes too long is an error that names the file`, async (t) => {
    const path = join(folderOf(), 'count');
    const slow = add(path, by, 1, 60_000);
    await isWriting(slow);
    const never = (): string => t.fail('it must not get so far') as never;
    t.throws(() => replaceFile(path, never, { sync: false, staleMs: 10, waitMs: 100, ...options }), {
      ...{ code: 'EBUSY', message: `another process is writing ${path}` },
    });
    slow.child.kill('SIGKILL');
    t.equal(await slow.ended, 'SIGKILL');
    writeFileSync(`${path}.new`, 'what an earlier version left');
    replaceFile(path, () => 'whole', { sync: false, waitMs: 5_000, staleMs: 60_000, ...options });
    t.equal(readFileSync(path, 'utf8'), 'whole', 'once it is killed, nobody waits for it');
    const left = readdirSync(dirname(path)).filter((name) => name !== 'count.lock.db');
    t.same(left, ['count'], 'and nothing is left of it');
  });
}

t.test('without the library, a lock of a process that cannot be seen counts for a while', async (t) => {
  const path = join(folderOf(), 'a.json');
  for (const text of ['', '12 34 another-boot 0 pid:[1] number', 'rubbish']) {
    writeFileSync(`${path}.lock`, text);
    const options = { sync: false, library: undefined };
    t.throws(() => replaceFile(path, () => '', { ...options, waitMs: 30, staleMs: 60_000 }), { code: 'EBUSY' });
    replaceFile(path, () => `whole ${text}`, { ...options, waitMs: 20_000, staleMs: 30 });
    t.equal(readFileSync(path, 'utf8'), `whole ${text}`);
    t.notOk(existsSync(`${path}.lock`));
  }
});

t.test('whoever has lost its lock to another process publishes nothing and leaves the lock alone', async (t) => {
  const path = join(folderOf(), 'a.json');
  const contentOf = (): string => {
    rmSync(`${path}.lock`);
    writeFileSync(`${path}.lock`, 'of another process');
    return 'too late';
  };
  t.throws(() => replaceFile(path, contentOf, { sync: false, library: undefined }), { code: 'EBUSY' });
  t.equal(readFileSync(`${path}.lock`, 'utf8'), 'of another process');
  t.same(readdirSync(dirname(path)), ['a.json.lock']);
});

t.test('a folder is flushed, and one that is not there is an error', async (t) => {
  t.doesNotThrow(() => syncFolder(base));
  if (process.platform !== 'win32') t.throws(() => syncFolder(join(base, 'none')), { code: 'ENOENT' });
});
