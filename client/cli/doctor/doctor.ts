import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findRecorder, isInstalled, RECORDER_ADVICE } from '../audio/microphone.ts';
import { printLine } from '../output/terminal.ts';
import { runProgram } from '../programs/run-program.ts';

interface Finding {
  readonly what: string;
  readonly state: 'good' | 'note' | 'bad';
  readonly text: string;
}

/** Checks everything Sotto needs on this machine and prints what to do. Resolves with the exit status. */
export async function runDoctor(port: number): Promise<number> {
  const root = packageRoot();
  const findings: Finding[] = [
    nodeVersion(),
    compiler(),
    engine(root),
    ...models(root),
    microphone(),
    ffmpeg(),
    await portFree(port),
  ];
  const mark = { good: 'ok  ', note: 'note', bad: 'BAD ' };
  for (const { what, state, text } of findings) printLine(`${mark[state]}  ${what.padEnd(11)} ${text}`);
  printLine('\nMeasured on this machine:');
  await runProgram('server/admin/measurements', []);
  return findings.some((finding) => finding.state === 'bad') ? 1 : 0;
}

function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'sotto') return folder;
  }
}

function nodeVersion(): Finding {
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];
  const good = major > 20 || (major === 20 && minor >= 19);
  return {
    what: 'node',
    state: good ? 'good' : 'bad',
    text: good ? process.version : `${process.version} is too old; 20.19 or newer is needed`,
  };
}

function compiler(): Finding {
  const result = spawnSync(process.env['CXX'] ?? 'c++', ['--version'], { encoding: 'utf8' });
  if (result.status === 0) return { what: 'compiler', state: 'good', text: result.stdout.split('\n')[0]! };
  const text = 'no C++ compiler; install g++ (Debian) or the Xcode command line tools (macOS), then run npm ci again';
  return { what: 'compiler', state: 'note', text };
}

function engine(root: string): Finding {
  const folder = join(root, 'server', 'engine', 'native');
  const script = join(folder, 'build.mjs');
  const { status, signal, stdout } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  const isBuiltHere = existsSync(join(folder, 'build', 'Release', 'sotto_whisper.node'));
  if (status === 0 && stdout === '') {
    const text = isBuiltHere ? 'native, built here' : 'native, from the package of this platform';
    return { what: 'engine', state: 'good', text };
  }
  const problem = status === 0 ? stdout : `it does not load (${signal ?? `status ${status}`})`;
  const text = isBuiltHere
    ? `stock binding, on x64 seconds for a decode: a native engine is there, but ${problem}; run node server/engine/native/build.mjs`
    : 'stock binding: on x64 a decode takes seconds; with a compiler installed, run npm ci again for the native engine';
  return { what: 'engine', state: 'note', text };
}

function models(root: string): Finding[] {
  const embedded = [
    ['base', 'ggml-base-q8_0.bin', 81_768_585],
    ['tiny.en', 'ggml-tiny.en-q8_0.bin', 43_550_795],
    ['sotto-clean', 'sotto-clean.gguf', 6_632_000],
    ['smart-turn', 'smart-turn-v3.2-cpu.onnx', 8_679_182],
    ['silero-vad', 'silero_vad_v6.onnx', 2_327_524],
  ] as const;
  return embedded.map(([name, file, bytes]) => {
    const path = join(root, 'models', 'embedded', file);
    const size = existsSync(path) ? statSync(path).size : undefined;
    if (size === bytes)
      return {
        what: name,
        state: 'good',
        text: `${(bytes / 1e6).toFixed(0)} MB; \`sotto models verify ${name}\` checks its hash`,
      };
    const problem = size === undefined ? 'is missing' : `has ${size} bytes instead of ${bytes}`;
    return { what: name, state: 'bad', text: `${file} ${problem}; restore models/embedded from the repository` };
  });
}

function microphone(): Finding {
  const recorder = findRecorder();
  if (recorder !== undefined) return { what: 'microphone', state: 'good', text: `recorded by ${recorder.command}` };
  return {
    what: 'microphone',
    state: 'note',
    text: `no recorder for \`sotto mic\`; ${RECORDER_ADVICE[process.platform] ?? 'install ffmpeg'}`,
  };
}

function ffmpeg(): Finding {
  const there = isInstalled('ffmpeg');
  return {
    what: 'ffmpeg',
    state: there ? 'good' : 'note',
    text: there ? 'here, for uncommon file formats' : 'not here; only uncommon file formats need it',
  };
}

function portFree(port: number): Promise<Finding> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () =>
      resolve({ what: 'port', state: 'note', text: `${port} is taken; start with --port and another number` }),
    );
    probe.listen(port, '127.0.0.1', () =>
      probe.close(() => resolve({ what: 'port', state: 'good', text: `${port} is free` })),
    );
  });
}
