// `npm run test:clients [-- --only TEXT] [--venv FOLDER] [--heavy]`: runs clients of vendors, in their newest versions, against a
// server with the model tiny.en. Nothing of them is a dependency: they are installed into a temporary folder, or into `--venv`,
// which stays. `--heavy` adds pipecat and LiveKit's agents, some 500 MB. Prints a line for each client; its status is 1 when one
// has failed, and 0 when some were skipped.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readRecordings } from '../support/recordings.ts';
import { freePort } from '../support/scripted-process.ts';
import { openServer } from '../support/server.ts';
import { type ClientResult, describeResult, installPackages, readResults, runHeavyClients } from './run-clients.ts';

const PACKAGES = [
  ...['deepgram-sdk', 'openai', 'assemblyai', 'wyoming', 'websockets'],
  ...['numpy', 'scipy', 'av', 'websocket-client'],
];
/** Its own dependencies are those of a server. */
const PACKAGES_WITHOUT_DEPENDENCIES = ['whisper-live'];
/** Each client hears the recording in real time. */
const CLIENTS_TIMEOUT_S = 600;

const { values } = parseArgs({
  options: { only: { type: 'string' }, venv: { type: 'string' }, heavy: { type: 'boolean' } },
});
const speechFolder = fileURLToPath(new URL('../fixtures/speech', import.meta.url));
const speech = readRecordings(speechFolder).find(({ file }) => file === 'jfk.wav')!;
const scratch = mkdtempSync(join(tmpdir(), 'sotto-clients-'));
const results: ClientResult[] = [];

function report(result: ClientResult): void {
  results.push(result);
  console.log(describeResult(result));
}

async function runPythonClients(url: string, wyomingPort: number): Promise<void> {
  const folder = values.venv ?? join(scratch, 'venv');
  const problem = existsSync(folder)
    ? undefined
    : await installPackages(folder, PACKAGES, PACKAGES_WITHOUT_DEPENDENCIES);
  if (problem !== undefined) {
    report({ client: 'all of PyPI', version: null, sent: 'nothing', outcome: 'skipped', reason: problem });
    return;
  }
  const script = fileURLToPath(new URL('python.py', import.meta.url));
  const args = [script, url, speech.path, '--text', speech.text, '--wyoming', String(wyomingPort)];
  const child = spawn(join(folder, 'bin', 'python'), [...args, '--only', values.only ?? ''], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: CLIENTS_TIMEOUT_S * 1_000,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  const status = await readResults(child, report);
  if (status !== 0)
    report({
      ...{ client: 'python.py', version: null, sent: 'see above', outcome: 'failed' },
      reason: status === null ? `it was ended after ${CLIENTS_TIMEOUT_S} s` : `it ended with status ${status}`,
    });
}

const wyomingPort = await freePort();
const server = await openServer('--model', 'tiny.en', '--cleanup', 'rules', '--wyoming-port', String(wyomingPort));
try {
  await runPythonClients(server.url, wyomingPort);
  await runHeavyClients(
    { folder: scratch, url: server.url, recording: speech, isWanted: values.heavy === true, only: values.only ?? '' },
    report,
  );
} finally {
  await server.close();
  rmSync(scratch, { recursive: true, force: true });
}
const count = (outcome: ClientResult['outcome']): number => results.filter((each) => each.outcome === outcome).length;
console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
process.exit(count('failed') > 0 || results.length === 0 ? 1 : 0);
