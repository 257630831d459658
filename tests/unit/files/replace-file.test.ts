import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { replaceFile } from '../../../server/files/replace-file.ts';
import { syncFolder } from '../../../server/files/sync-folder.ts';

const ADDER = fileURLToPath(new URL('../../support/replace-file-main.ts', import.meta.url));
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
  t.same(readdirSync(join(folder, 'made')), ['a.json'], 'and nothing is left of the attempt');
});

t.test('several processes change a file at once, and no change is lost', async (t) => {
  const path = join(folderOf(), 'count');
  const adders = Array.from({ length: 3 }, () => spawn(process.execPath, ['--import=tsx', ADDER, path, '50']));
  const codes = await Promise.all(adders.map((child) => new Promise((resolve) => child.once('exit', resolve))));
  t.same(codes, [0, 0, 0]);
  t.equal(readFileSync(path, 'utf8'), '150');
});

t.test('a draft that a killed process left is not waited for without end', async (t) => {
  const path = join(folderOf(), 'a.json');
  writeFileSync(`${path}.new`, 'ha');
  replaceFile(path, () => 'whole', { sync: false, staleMs: 30 });
  t.equal(readFileSync(path, 'utf8'), 'whole');
  t.notOk(existsSync(`${path}.new`));
});

t.test('a folder is flushed, and one that is not there is an error', async (t) => {
  t.doesNotThrow(() => syncFolder(base));
  if (process.platform !== 'win32') t.throws(() => syncFolder(join(base, 'none')), { code: 'ENOENT' });
});
