import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { openJournalStore } from '../../../server/compose/journal-store.ts';
import { loadConfig } from '../../../server/config/load.ts';
import { describeThisProcess, formatHolder, parseHolder } from '../../../server/files/lock-holder.ts';
import { FolderLock, type FolderLockOptions } from '../../../server/store/folder-lock.ts';

const HOLDER = fileURLToPath(new URL('../../support/lock-holder-main.ts', import.meta.url));
const BEAT_MS = 300;
const base = mkdtempSync(join(tmpdir(), 'sotto-lock-'));
t.teardown(() => rmSync(base, { recursive: true, force: true }));

const OWN_PIDS = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
const inOwnNamespace = spawnSync(OWN_PIDS[0]!, [...OWN_PIDS.slice(1), 'true']).status === 0;
const needsNamespaces = inOwnNamespace ? false : 'this user may not make a pid namespace (unshare --pid)';

const needsBoots = describeThisProcess('number').bootId !== '' ? false : 'this system does not tell its boots apart';

const KINDS: Readonly<Record<string, FolderLockOptions>> = {
  kernel: {},
  heartbeat: { library: undefined, heartbeatMs: BEAT_MS },
};

interface Holding {
  readonly child: ChildProcess;
  readonly output: string;
}

/** Another server that takes the folder, in a pid namespace of its own if it is to be in another container. */
async function hold(folder: string, by: string, container = false): Promise<Holding> {
  const command = [process.execPath, '--import=tsx', HOLDER, folder, by, String(BEAT_MS)];
  const [program, ...args] = container ? [...OWN_PIDS, ...command] : command;
  const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const output = await new Promise<string>((resolve) =>
    child.stdout!.once('data', (data) => resolve(String(data).trim())),
  );
  return { child, output };
}

/** `kill -9`; resolves when the process is gone, and its lock with it. */
const kill = ({ child }: Holding): Promise<void> =>
  new Promise((resolve) => {
    child.once('exit', () => resolve());
    // `unshare` waits for the server it runs, and ends after it; ended itself, it would be gone before it.
    const runs = child.spawnfile === OWN_PIDS[0];
    const server = runs
      ? Number(spawnSync('pgrep', ['-P', String(child.pid)], { encoding: 'utf8' }).stdout)
      : child.pid!;
    process.kill(server, 'SIGKILL');
  });

const folderOf = (): string => mkdtempSync(join(base, 'data-'));
const contentOf = (folder: string): object =>
  Object.fromEntries(
    readdirSync(folder).map((name) => [
      name,
      [statSync(join(folder, name)).ino, readFileSync(join(folder, name), 'utf8')],
    ]),
  );

for (const [by, options] of Object.entries(KINDS)) {
  t.test(`${by}: a living process keeps the folder, and one that was killed does not`, async (t) => {
    const folder = folderOf();
    const holding = await hold(folder, by);
    t.equal(holding.output, 'held');
    t.throws(() => new FolderLock(folder, options), {
      code: 'ELOCKED',
      message: `another server uses the folder ${folder}`,
    });
    await kill(holding);
    new FolderLock(folder, options).release();
    new FolderLock(folder, options).release();
  });

  t.test(`${by}: a process in another container keeps it, too`, { skip: needsNamespaces }, async (t) => {
    const folder = folderOf();
    writeFileSync(join(folder, 'a.journal'), 'said');
    const holding = await hold(folder, by, true);
    t.equal(holding.output, 'held');
    const before = contentOf(folder);
    t.throws(() => new FolderLock(folder, options), { code: 'ELOCKED', message: /the folder \// });
    t.match((await hold(folder, by, true)).output, `ELOCKED: another server uses the folder ${folder}`);
    t.same(contentOf(folder), before, 'nothing in it has been touched');
    await kill(holding);
    new FolderLock(folder, options).release();
  });

  t.test(`${by}: in one process it is taken once, and then still holds against others`, async (t) => {
    const folder = folderOf();
    const lock = new FolderLock(folder, options);
    t.throws(() => new FolderLock(folder, options), { code: 'ELOCKED' });
    t.match((await hold(folder, by)).output, /^ELOCKED/);
    lock.release();
    lock.release();
    const next = await hold(folder, by);
    t.equal(next.output, 'held');
    await kill(next);
  });

  t.test(
    `${by}: it tells how far the clock was set since the process that died with it began`,
    { skip: needsBoots },
    async (t) => {
      const folder = folderOf();
      await kill(await hold(folder, by));
      const holder = parseHolder(readFileSync(join(folder, 'lock'), 'utf8'))!;
      writeFileSync(join(folder, 'lock'), formatHolder({ ...holder, bootWallMs: holder.bootWallMs - 3_600_000 }));
      const lock = new FolderLock(folder, options);
      t.ok(Math.abs(lock.clockSetMs - 3_600_000) < 1_000, `${lock.clockSetMs} ms`);
      lock.release();
      t.equal(new FolderLock(folder, options).clockSetMs, 0, 'one that was released says nothing');
    },
  );
}

t.test('a server with the library waits for the beats of one without', { skip: needsNamespaces }, async (t) => {
  const folder = folderOf();
  const holding = await hold(folder, 'heartbeat', true);
  t.throws(() => new FolderLock(folder, { heartbeatMs: BEAT_MS }), { code: 'ELOCKED' });
  await kill(holding);
  new FolderLock(folder, { heartbeatMs: BEAT_MS }).release();
});

t.test('a server of an earlier version, which left its number only, is respected', async (t) => {
  const folder = folderOf();
  const { pid, start, bootId, bootWallMs } = holderOf(folder);
  writeFileSync(join(folder, 'lock'), `${pid} ${start} ${bootId} ${bootWallMs}`);
  t.throws(() => new FolderLock(folder), { code: 'ELOCKED' });
  for (const dead of ['4194305 1', `${pid} 1`, 'rubbish', '']) {
    writeFileSync(join(folder, 'lock'), dead);
    new FolderLock(folder).release();
  }
});

t.test('a file of the lock that somebody has written into is made anew', async (t) => {
  const folder = folderOf();
  writeFileSync(join(folder, 'lock.db'), 'not a database, but long enough to be read as one');
  const lock = new FolderLock(folder);
  t.match((await hold(folder, 'kernel')).output, /^ELOCKED/);
  t.equal(statSync(join(folder, 'lock.db')).mode & 0o777, 0o600);
  lock.release();
});

t.test('a second server says so in one line that names the folder, and goes on without journals', async (t) => {
  const folder = folderOf();
  const { config } = loadConfig(['--data', folder], {});
  const lines: string[] = [];
  const error = (fields: object, text: string): void => void lines.push(`${JSON.stringify(fields)} ${text}`);
  const log = { debug() {}, info() {}, warn() {}, error };
  const first = openJournalStore(config, folder, log)!;
  t.same(lines, []);
  t.equal(openJournalStore(config, folder, log), undefined);
  t.equal(lines.length, 1);
  t.ok(lines[0]!.includes(folder) && lines[0]!.includes('another server uses the data folder'), lines[0]!);
  first.close();
});

/** This process, as a lock of its own says. */
function holderOf(folder: string) {
  const lock = new FolderLock(folder);
  const holder = parseHolder(readFileSync(join(folder, 'lock'), 'utf8'))!;
  lock.release();
  return holder;
}
