// Runs the tests of the Python client with pytest, and reports each of them as a test of its own.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { openKeyedServer } from '../support/keyed-server.ts';
import { findPython, runPython } from '../support/python.ts';
import { readRecordings } from '../support/recordings.ts';
import { openScriptedServer, script, sound } from '../support/scripted-server.ts';
import { openServer } from '../support/server.ts';
import { wavOf } from '../support/wav-of.ts';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const FOLDER = path('client/python');
const SENTENCES = Array.from({ length: 12 }, (_, i) => `Now comes um sentence ${i}.`);
const WORDS = SENTENCES.flatMap((text, i) => script(text, i * 3 + 0.6));
const SOUND = sound(
  SENTENCES.length * 3,
  SENTENCES.map((_, i) => [i * 3 + 0.5, i * 3 + 2.2] as const),
);
const speech = readRecordings(path('tests/fixtures/speech')).find(({ file }) => file === 'jfk.wav')!;

interface Report {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly reason: string;
}

const folder = mkdtempSync(join(tmpdir(), 'sotto-python-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

/** Everything the tests connect to; see `Servers` in `client/python/tests/conftest.py`. */
async function openServers(): Promise<object> {
  const open = async (sessionsMax: number, graceMs?: number): Promise<string> => {
    const server = await openScriptedServer(WORDS, sessionsMax, graceMs === undefined ? {} : { graceMs });
    t.teardown(() => server.close());
    return server.url;
  };
  const keyed = await openKeyedServer(t, WORDS);
  const wav = join(folder, 'script.wav');
  writeFileSync(wav, wavOf(SOUND));
  const real = await openServer('--model', 'tiny.en', '--cleanup', 'rules');
  t.teardown(() => real.close());
  return {
    ...{ url: await open(32), impatientUrl: await open(8, 400), fullUrl: await open(0) },
    ...{ keyedUrl: keyed.server.url, key: keyed.addKey('python'), otherKey: keyed.addKey('other', ['metrics']) },
    ...{ wav, sentences: SENTENCES, modelUrl: real.url, speechWav: speech.path, speechText: speech.text },
  };
}

const python = findPython(['pytest', 'websockets']);
if (python === undefined) {
  t.test('the Python client', { skip: 'no Python 3.10 with pytest and websockets: set SOTTO_PYTHON to one' }, () => {});
} else {
  const report = join(folder, 'report.jsonl');
  const env = { SOTTO_TEST_SERVERS: JSON.stringify(await openServers()), SOTTO_TEST_REPORT: report };
  const { status, output } = await runPython(python, ['-m', 'pytest', '-q', '-ra'], { cwd: FOLDER, env });
  const lines = existsSync(report) ? readFileSync(report, 'utf8').trim().split('\n') : [];
  for (const { name, outcome, reason } of lines.map((line) => JSON.parse(line) as Report)) {
    const skip = outcome === 'skipped' ? reason : false;
    t.test(name, { skip }, async (t) => void t.equal(outcome, 'passed', 'by pytest', { reason }));
  }
  t.test('pytest ran to its end, and says the same', async (t) => {
    t.equal(status === 0, !lines.some((line) => line.includes('"failed"')), 'its status', { output });
    t.ok(lines.length > 40, 'all tests', { output });
  });
}

const typed = findPython(['mypy', 'websockets']);
const skip = typed === undefined && 'no Python with mypy';
t.test('the types of the Python client are consistent', { skip }, async (t) => {
  const args = ['-m', 'mypy', '--cache-dir', join(folder, 'mypy'), 'sotto'];
  const { status, output } = await runPython(typed!, args, { cwd: FOLDER });
  t.equal(status, 0, 'by mypy', { output });
});
