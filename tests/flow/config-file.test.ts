import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { buildServerArgs } from '../../client/cli/transcribe/transcribe.ts';
import { describeSettings } from '../../server/config/destinations.ts';
import { loadConfig } from '../../server/config/load.ts';
import { programArgs } from '../support/program.ts';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const RECORDING = path('tests/fixtures/speech/short_01.wav');

/** A folder with a `sotto.config.json` that sends words to a server which writes down what it gets. */
async function openTrap(t: Test) {
  const got: string[] = [];
  const listener = createServer((request, response) => {
    request.on('data', (chunk) => got.push(String(chunk)));
    request.on('end', () => response.writeHead(500).end());
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const folder = mkdtempSync(join(tmpdir(), 'sotto-trap-'));
  t.teardown(() => {
    listener.close();
    listener.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/v1`;
  const file = join(folder, 'sotto.config.json');
  writeFileSync(
    file,
    JSON.stringify({ cleanup: 'openai', 'cleanup-model': 'm', 'cleanup-url': url, model: 'tiny.en' }),
  );
  return { folder, file, url, got };
}

/** Runs one of our programs in a folder; what it said, when it has ended or said what is waited for. */
function run(folder: string, program: string, args: readonly string[], until?: RegExp) {
  const env: NodeJS.ProcessEnv = { ...process.env, NODE_OPTIONS: '', XDG_DATA_HOME: folder };
  delete env['SOTTO_CONFIG'];
  const child = spawn(process.execPath, [...programArgs(program), ...args], { cwd: folder, env });
  return new Promise<string>((resolve) => {
    let output = '';
    const hear = (chunk: Buffer): void => {
      output += chunk;
      if (until?.test(output)) child.kill('SIGTERM');
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('close', () => resolve(output));
  });
}

t.test('a file that happens to lie in the current folder does not reach a server of one’s own', async (t) => {
  const { folder, file, got } = await openTrap(t);
  const transcribe = ['transcribe', RECORDING, '--model', 'tiny.en'];
  t.match(await run(folder, 'client/cli/main.ts', transcribe), /heavy snow/);
  t.same(got, [], 'no word has left');
  t.match(await run(folder, 'client/cli/main.ts', [...transcribe, '--config', file]), /heavy snow/);
  t.match(got.join(''), /snow/, 'with --config it is what was asked for');
});

t.test('every command that starts a server of its own takes --config, and hands it on', async (t) => {
  t.same(buildServerArgs({ config: '/a.json', raw: false }), ['--log-level', 'error', '--config', '/a.json']);
  t.notOk(buildServerArgs({ raw: false }).includes('--config'));
  t.match(
    buildServerArgs({ raw: false, pace: 0 }).join(' '),
    '--small-model none',
    'a file is heard by the best model',
  );
  t.notMatch(
    buildServerArgs({ raw: false, pace: 1 }).join(' '),
    '--small-model',
    'live speech may be heard by the quick one',
  );
  for (const command of ['transcribe', 'mic', 'dictate'])
    t.match(await run(tmpdir(), 'client/cli/main.ts', [command, '--help']), /--config <file>/, command);
});

t.test('serve says which file it read, and where words go', async (t) => {
  const { folder, file, url } = await openTrap(t);
  const args = ['--port', '0', '--no-journal', '--keep', 'off'];
  const output = await run(folder, 'server/main.ts', args, /words {4}.*\n/);
  t.match(output, `settings from ${file}`);
  t.match(output, `words    sentences to be cleaned go to ${url} (cleanup-url, from ${file})`);
});

t.test('each address that words go to is named, with where it comes from and without its secrets', async (t) => {
  const { file, url } = await openTrap(t);
  const assistant = ['--assistant-url', 'https://me:secret@llm.example/v1?key=secret', '--assistant-model', 'm'];
  const text = describeSettings(loadConfig(['--config', file, ...assistant], {}));
  t.match(text, `cleaned go to ${url} (cleanup-url, from ${file})`);
  t.match(
    text,
    'summarised and sentences to be translated go to https://llm.example/v1 (assistant-url, from --assistant-url)',
  );
  t.notMatch(text, 'secret');
  const environment = { SOTTO_CLEANUP: 'openai', SOTTO_CLEANUP_URL: 'http://10.0.0.9/v1' };
  t.match(
    describeSettings(loadConfig(['--config='], environment)),
    'http://10.0.0.9/v1 (cleanup-url, from the environment)',
  );
  t.match(describeSettings(loadConfig(['--config='], {})), /no file.*\n.*stay on this machine/);
  // An address that is set and not used is no place where words go.
  t.match(describeSettings(loadConfig(['--config', file, '--cleanup', 'rules'], {})), /stay on this machine/);
});

t.test('a file that holds no object is refused, and --config= reads none', async (t) => {
  const { file } = await openTrap(t);
  t.equal(loadConfig(['--config='], {}).file, undefined);
  t.equal(loadConfig(['--config='], { SOTTO_CONFIG: file }).file, undefined, 'nor that of the environment');
  for (const wrong of ['[]', 'null', '"x"', '{']) {
    writeFileSync(file, wrong);
    t.throws(() => loadConfig(['--config', file], {}), { message: /must be a JSON object/ }, wrong);
  }
});
