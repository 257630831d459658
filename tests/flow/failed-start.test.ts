import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { OPENERS } from '../../server/compose/openers.ts';
import { startServer } from '../../server/compose/start-server.ts';
import { loadConfig } from '../../server/config/load.ts';
import { FolderLock } from '../../server/store/folder-lock.ts';
import { freePort } from '../support/scripted-process.ts';

/** How many of each this process has open: processes, servers, sockets, pipes, threads and timers. */
function countResources(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** Turns of the event loop after which what was closed is gone. */
const TURNS = 10;

/** What is open now and was not before. */
async function findLeft(before: ReadonlyMap<string, number>): Promise<string[]> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
  return [...countResources()].filter(([name, count]) => count > (before.get(name) ?? 0)).map(([name]) => name);
}

const listen = (port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
const closeServer = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

/** A server with everything that can be opened, in a folder and on ports of its own. */
async function openSettings(t: Pick<Test, 'teardown'>) {
  const data = mkdtempSync(join(tmpdir(), 'sotto-start-'));
  t.teardown(() => rmSync(data, { recursive: true, force: true }));
  const [port, wyomingPort] = [await freePort(), await freePort()];
  const args = ['--model', 'tiny.en', '--port', String(port), '--wyoming-port', String(wyomingPort), '--data', data];
  const configOf = (...more: string[]) =>
    loadConfig([...args, '--log-level', 'silent', '--keep', 'all', '--no-measure', ...more], {}).config;
  return { data, port, wyomingPort, configOf };
}

/** Nothing is left that a start has opened: no port, no lock, and nothing that keeps this process alive. */
async function checkNothingLeft(
  t: Test,
  { data, port, wyomingPort }: Awaited<ReturnType<typeof openSettings>>,
  before: ReadonlyMap<string, number>,
): Promise<void> {
  t.same(await findLeft(before), [], 'no process, no thread, no socket and no timer');
  for (const each of [port, wyomingPort]) await closeServer(await listen(each));
  t.pass('both ports are free');
  for (const name of ['journal', 'transcripts']) {
    mkdirSync(join(data, name), { recursive: true });
    new FolderLock(join(data, name)).release();
  }
  t.pass('both folders can be locked');
}

for (const step of Object.keys(OPENERS) as (keyof typeof OPENERS)[])
  t.test(`a start that fails at its ${step} leaves nothing open`, async (t) => {
    const settings = await openSettings(t);
    const before = countResources();
    const fail = (): never => {
      throw new Error(`no ${step}`);
    };
    await t.rejects(startServer(settings.configOf(), { ...OPENERS, [step]: fail }), { message: `no ${step}` });
    await checkNothingLeft(t, settings, before);
  });

t.test('a start that fails for what is really wrong leaves nothing open either', async (t) => {
  const settings = await openSettings(t);
  const before = countResources();
  const garbage = join(settings.data, 'garbage.bin');
  writeFileSync(garbage, 'no model');
  const failures: readonly (readonly [args: readonly string[], code: string])[] = [
    [['--model', garbage], 'model.corrupt'],
    [['--translate-with', 'whisper'], 'config.value'],
    [['--assistant-model', 'sotto-clean'], 'config.value'],
    [['--cleanup-model', '/nowhere/model.gguf'], 'model.absent'],
  ];
  for (const [args, code] of failures) {
    const error = await startServer(settings.configOf(...args)).then(
      () => undefined,
      (error: { code?: string; problems?: readonly { code: string }[] }) => error.code ?? error.problems?.[0]?.code,
    );
    t.equal(error, code, args.join(' '));
    await checkNothingLeft(t, settings, before);
  }
  for (const port of [settings.port, settings.wyomingPort]) {
    const other = await listen(port);
    await t.rejects(startServer(settings.configOf()), { code: 'server.listen' });
    await closeServer(other);
    await checkNothingLeft(t, settings, before);
  }
  const server = await startServer(settings.configOf());
  t.equal((await fetch(`${server.url}/healthz`, { headers: { connection: 'close' } })).status, 200);
  await server[Symbol.asyncDispose]();
  await checkNothingLeft(t, settings, before);
});
