import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as dial, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { connect } from '../../client/sdk/index.ts';
import type { ServerEvent } from '../../protocol/index.ts';
import { KeyFile } from '../../server/access/key-file.ts';
import { addKey } from '../../server/access/keys.ts';
import { programArgs } from '../support/program.ts';
import { converse, finalsOf, sound } from '../support/scripted-server.ts';
import { listen, startServerProcess, statusOf } from '../support/server-process.ts';
import { simulateDelay, until } from '../support/until.ts';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

t.test(
  'at its most verbose the log holds no word, prompt, key, token or file name; SIGTERM ends it with 0',
  async (t) => {
    const data = mkdtempSync(join(tmpdir(), 'sotto-'));
    const scopes = ['stream', 'token', 'metrics'] as const;
    const key = addKey(new KeyFile(data), { name: 'hushname', scopes }, Date.now()).text;
    const options = [
      '--model',
      'tiny.en',
      '--cleanup',
      'rules',
      '--port',
      '0',
      '--log-level',
      'debug',
      '--access',
      'keys',
    ];
    const { child, output, url } = await startServerProcess([...options, '--data', data], (end) => t.teardown(end));
    const greeting = output.text().length;
    t.equal(await statusOf(url, '/readyz'), 200, 'who listens is warm');

    const session = await connect({
      ...{ url, WebSocket: WebSocket as never, credential: key, vocabulary: ['Zanzibar'] },
      cleanup: { instruction: 'Write hushly.' },
    });
    session.configure({ language: 'hushlang' });
    const wav = readFileSync(path('tests/fixtures/speech/short_01.wav'));
    const events = await converse(session, new Int16Array(new Uint8Array(wav.subarray(44)).buffer));
    t.match(finalsOf(events).join(' '), /heavy snow/, 'there were words to be silent about');
    const mint = { method: 'POST', headers: { authorization: `Bearer ${key}` } };
    const { token } = (await (await fetch(`${url}/v1/token`, mint)).json()) as { token: string };
    for (const credential of [token, 'hushwrong']) {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/stream`, ['sotto.v1', `sotto.auth.${credential}`]);
      socket.on('open', () => socket.send('{"hushmessage'));
      socket.on('error', () => {});
      await new Promise((resolve) => socket.once('close', resolve));
    }
    const refused = [
      ...['/hushfile.html', '/%2e%2e/%2e%2e/package.json', '/..%2f..%2fpackage.json', '/%5c..%5cpackage.json'],
      ...['//etc/passwd.html', '/%252e%252e/package.json'],
    ];
    for (const asked of refused) t.equal(await statusOf(url, asked), 404, asked);
    for (const broken of ['/app.js%00.html', '/%ff.html']) t.equal(await statusOf(url, broken), 400, broken);
    t.equal(await statusOf(url, '/metrics'), 401);
    const numbers = await (await fetch(`${url}/metrics`, { headers: mint.headers })).text();
    for (const name of [
      ...[
        'sessions',
        'sessions_total',
        'sessions_refused_total',
        'audio_seconds_total',
        'finals_total',
        'jobs_waiting',
      ],
      ...['decode_seconds_count', 'wait_seconds_count', 'delay_seconds_count', 'engine_restarts', 'faults_total'],
      ...['memory_bytes', 'open_descriptors'],
    ])
      t.match(numbers, new RegExp(`^sotto_${name}[ {]`, 'm'), name);
    t.match(numbers, /sotto_delay_seconds_count\{kind="final"\} [1-9]/, 'delays are counted');

    child.kill('SIGTERM');
    t.equal(await output.exit, 0);
    const log = output.text().slice(greeting);
    t.match(log, /command\.unreadable/, 'the log does say something');
    for (const secret of ['train', 'coast', 'snow', 'Zanzibar', 'hush', 'short_01', 'passwd', token, key.slice(15)])
      t.notOk(log.toLowerCase().includes(secret.toLowerCase()), `the log does not hold ${secret}`);
  },
);

/** Programs of ours that it has started and that run, the oldest first; a loader of sources may have started others. */
const childrenOf = (pid: number): number[] =>
  spawnSync('pgrep', ['-P', String(pid), '-f', String.raw`main\.[jt]s`], { encoding: 'utf8' })
    .stdout.trim()
    .split('\n')
    .map(Number);
const needsGroups = process.platform === 'win32' ? 'Windows has no process groups' : false;

/** `sotto serve` as people start it, in a process group of its own, once its server listens; `before` runs its command. */
async function startServe(
  t: Pick<Test, 'teardown'>,
  before: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
) {
  const data = mkdtempSync(join(tmpdir(), 'sotto-'));
  const options = ['--model', 'tiny.en', '--cleanup', 'rules', '--port', '0', '--data', data, '--no-measure'];
  const [command, ...args] = [...before, process.execPath, ...programArgs('client/cli/main.ts'), 'serve', ...options];
  const child = spawn(command!, args, {
    ...{ detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '', ...env } },
  });
  const signalGroup = (name: NodeJS.Signals): boolean => process.kill(-child.pid!, name);
  t.teardown(() => {
    try {
      signalGroup('SIGKILL');
    } catch {
      // All of it has ended.
    }
    rmSync(data, { recursive: true, force: true });
  });
  const output = listen(child);
  await until(() => /listens at \S+\n/.test(output.text()) || child.exitCode !== null);
  const url = /listens at (\S+)\n/.exec(output.text())![1]!;
  return { child, output, url, signalGroup, server: childrenOf(child.pid!)[0]! };
}

for (const signal of ['SIGHUP', 'SIGTERM', 'SIGINT'] as const)
  t.test(`${signal} to the whole group, and again, drains \`sotto serve\` once`, { skip: needsGroups }, async (t) => {
    const { output, url, signalGroup, server } = await startServe(t);
    const session = await connect({ url, WebSocket: WebSocket as never });
    const events: ServerEvent[] = [];
    const over = (async () => {
      for await (const event of session) events.push(event);
    })().catch(() => {});
    const wav = readFileSync(path('tests/fixtures/speech/short_01.wav'));
    session.send(new Int16Array(new Uint8Array(wav.subarray(44)).buffer));
    await until(() => events.some(({ type }) => type === 'speech'));
    const [recogniser] = childrenOf(server);
    // It has to wait for the last words: it cannot have ended when the signal comes a second time.
    process.kill(recogniser!, 'SIGSTOP');
    signalGroup(signal);
    await until(async () => (await statusOf(url, '/readyz')) === 503);
    // Of the others a second one ends it at once, when it comes a second later.
    if (signal === 'SIGHUP') for (let again = 0; again < 3; again++) signalGroup(signal);
    // The recogniser answers late, so that the server has to wait for it.
    await simulateDelay(300);
    process.kill(recogniser!, 'SIGCONT');
    t.equal(await output.exit, 0, output.text());
    t.match(finalsOf(events).join(' '), /heavy snow/, 'what was said has become final');
    session.close();
    await over;
    t.notMatch(output.text(), /engine\.crashed|stopped|restart/i, 'its workers were left to it');
  });

for (const signal of ['SIGHUP', 'SIGTERM', 'SIGINT'] as const)
  t.test(`${signal} to \`sotto serve\` alone ends its server as well`, { skip: needsGroups }, async (t) => {
    const { child, output, server } = await startServe(t);
    child.kill(signal);
    t.equal(await output.exit, 0, output.text());
    t.throws(() => process.kill(server, 0), { code: 'ESRCH' }, 'the server is gone');
  });

t.test('the end of the shell that npm runs `sotto serve` in ends it', { skip: needsGroups }, async (t) => {
  // A shell that waits for its program, as `npm start` has one: a signal that npm passes on ends the shell alone.
  const shell = ['sh', '-c', '"$@"; exit $?', 'sh'];
  const { child, output, url } = await startServe(t, shell, { npm_lifecycle_event: 'start' });
  child.kill('SIGTERM');
  await output.exit;
  await t.rejects(statusOf(url, '/readyz'), { code: 'ECONNREFUSED' }, 'nobody listens any more');
});

t.test('`sotto serve` says when its server was killed', { skip: needsGroups }, async (t) => {
  const { output, server } = await startServe(t);
  process.kill(server, 'SIGKILL');
  t.equal(await output.exit, 137);
  t.match(output.text(), /^sotto: the server was ended by SIGKILL/m);
});

const needsLimit = process.platform === 'win32' ? 'Windows has no such limit' : false;

t.test(
  'a server without descriptors left turns new clients away, and its sessions go on',
  { skip: needsLimit },
  async (t) => {
    const program = 'ulimit -n 256 && exec "$0" --import tsx "$1"';
    const child = spawn('sh', ['-c', program, process.execPath, path('tests/support/few-descriptors.ts')], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    t.teardown(() => child.kill('SIGKILL'));
    const output = listen(child);
    await until(() => /http\S+\n/.test(output.text()) || child.exitCode !== null);
    t.equal(child.exitCode, null, output.text());
    const url = /^http\S+/m.exec(output.text())![0];
    const session = await connect({ url, WebSocket: WebSocket as never });
    const crowd: Socket[] = [];
    for (let i = 0; i < 120; i++) {
      const socket = dial(Number(new URL(url).port), '127.0.0.1');
      socket.on('error', () => {});
      socket.resume();
      crowd.push(socket);
      await new Promise((resolve) => socket.once('connect', resolve).once('error', resolve));
    }
    await until(() => crowd.some(({ destroyed, closed }) => destroyed || closed));
    t.same(finalsOf(await converse(session, sound(3, [[0.4, 1.4]]))), ['Hello there.']);
    for (const socket of crowd) socket.destroy();
    const next = await connect({ url, WebSocket: WebSocket as never });
    t.same(finalsOf(await converse(next, sound(3, [[0.4, 1.4]]))), ['Hello there.'], 'and new ones come in again');
    child.stdin!.end();
    t.equal(await output.exit, 0, output.text());
  },
);
