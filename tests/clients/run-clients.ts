import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { wordErrorRate } from '../support/wer.ts';

/** What became of one client; `reason` of one that passed says what came. */
export interface ClientResult {
  readonly client: string;
  readonly version: string | null;
  readonly sent: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly reason: string;
}

/** A recording with what is said in it. */
interface Speech {
  readonly path: string;
  readonly text: string;
}

const INSTALL_TIMEOUT_MS = 600_000;
const CLIENT_TIMEOUT_MS = 180_000;
/** Share of words that may be others. */
const ERRORS_MAX = 0.1;

export const describeResult = ({ client, version, sent, outcome, reason }: ClientResult): string =>
  `${outcome}  ${client}${version === null ? '' : ` (${version})`}, sent ${sent}: ${reason}`;

/** Installs Python packages into a new environment. Resolves with what prevented it, in one line; undefined when they are there. */
export async function installPackages(
  folder: string,
  packages: readonly string[],
  withoutDependencies: readonly string[] = [],
): Promise<string | undefined> {
  const pip = join(folder, 'bin', 'pip');
  const quiet = ['install', '--quiet', '--disable-pip-version-check', '--retries', '1'];
  return (
    runInstaller('python3', ['-m', 'venv', folder]) ??
    runInstaller(pip, [...quiet, ...packages]) ??
    (withoutDependencies.length > 0 ? runInstaller(pip, [...quiet, '--no-deps', ...withoutDependencies]) : undefined)
  );
}

function runInstaller(command: string, args: readonly string[]): string | undefined {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: INSTALL_TIMEOUT_MS,
  });
  if (status === 0) return undefined;
  const lines = `${stdout ?? ''}\n${stderr ?? ''}`.trim().split('\n');
  const said = lines.filter((line) => !line.startsWith('WARNING')).at(-1);
  const reason = error?.message ?? (said || (signal === null ? `status ${status}` : `ended by ${signal}`));
  return `${[command, ...args.slice(0, 2)].join(' ')} failed: ${reason}`;
}

/** Reports each line of JSON that a process prints; resolves with its status, null when it was ended. */
export async function readResults(child: ChildProcess, report: (result: ClientResult) => void): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve);
    child.on('error', () => resolve(1));
  });
  for await (const line of createInterface({ input: child.stdout! })) {
    if (line.startsWith('{')) report(JSON.parse(line) as ClientResult);
    else console.error(line);
  }
  return ended;
}

interface HeavyOptions {
  readonly folder: string;
  readonly url: string;
  readonly recording: Speech;
  readonly isWanted: boolean;
  readonly only: string;
}

/** Pipecat and LiveKit's agents, whose packages are large: installed only when they are wanted. */
export async function runHeavyClients(options: HeavyOptions, report: (result: ClientResult) => void): Promise<void> {
  const clients = [
    { client: 'pipecat-ai: DeepgramFluxSTTService', size: '60 packages', run: runPipecat },
    { client: '@livekit/agents: plugins of Deepgram and OpenAI', size: '290 MB', run: runLiveKit },
  ];
  for (const { client, size, run } of clients) {
    if (!client.includes(options.only)) continue;
    const base = { client, version: null, sent: 'PCM in real time' };
    if (options.isWanted) report({ ...base, ...(await run(options)) });
    else report({ ...base, outcome: 'skipped', reason: `brings ${size}: pass --heavy` });
  }
}

type Outcome = Pick<ClientResult, 'outcome' | 'reason'>;

async function runPipecat({ folder, url, recording }: HeavyOptions): Promise<Outcome> {
  const venv = join(folder, 'pipecat');
  const problem = await installPackages(venv, ['pipecat-ai[deepgram]']);
  if (problem !== undefined) return { outcome: 'skipped', reason: problem };
  const address = `${url.replace(/^http/, 'ws')}/v2/listen`;
  return runScript(join(venv, 'bin', 'python'), [scriptPath('pipecat_flux.py'), address, recording.path], recording);
}

async function runLiveKit({ folder, url, recording }: HeavyOptions): Promise<Outcome> {
  const prefix = join(folder, 'livekit');
  const packages = ['agents', 'agents-plugin-deepgram', 'agents-plugin-openai', 'rtc-node'].map((x) => `@livekit/${x}`);
  const problem = runInstaller('npm', ['install', '--prefix', prefix, '--ignore-scripts', ...packages]);
  if (problem !== undefined) return { outcome: 'skipped', reason: problem };
  return runScript(process.execPath, [scriptPath('livekit.mjs'), prefix, url, recording.path], recording);
}

const scriptPath = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Every line with `text` that the script prints must have the words of the recording. */
function runScript(command: string, args: readonly string[], { text }: Speech): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: CLIENT_TIMEOUT_MS });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk;
      });
    child.on('error', (error) => resolve({ outcome: 'failed', reason: error.message }));
    child.on('close', (status) => resolve(judge(output, status, text)));
  });
}

function judge(output: string, status: number | null, expected: string): Outcome {
  const texts = [...output.matchAll(/^(.*?)\btext +(.*)$/gm)].map(([, name, text]) => ({ name, text: text! }));
  if (status !== 0 || texts.length === 0)
    return { outcome: 'failed', reason: `status ${status}: ${output.trim().split('\n').at(-1)}` };
  const wrong = texts.find(({ text }) => {
    const { errors, words } = wordErrorRate(expected, text, 'en');
    return errors > words * ERRORS_MAX;
  });
  if (wrong !== undefined) return { outcome: 'failed', reason: `${wrong.name}heard "${wrong.text}"` };
  return {
    outcome: 'passed',
    reason: `the words came in ${texts.length === 1 ? 'a transcript' : `${texts.length} transcripts`}`,
  };
}
