import { spawn, spawnSync } from 'node:child_process';
import { UserError } from '../output/user-error.ts';
import { buildProgramEnvironment } from '../programs/program-environment.ts';
import type { AudioSource } from './audio-source.ts';

/** A program that records the microphone to standard output: 16 kHz, mono, 16-bit samples. */
export interface Recorder {
  readonly command: string;
  readonly args: (device: string | undefined) => readonly string[];
  readonly platforms: readonly NodeJS.Platform[];
}

const RATE = 16_000;

/** In the order in which they are tried. */
export const RECORDERS: readonly Recorder[] = [
  {
    command: 'pw-record',
    platforms: ['linux'],
    args: (device) => [
      '--rate',
      `${RATE}`,
      '--channels',
      '1',
      '--format',
      's16',
      ...(device === undefined ? [] : ['--target', device]),
      '-',
    ],
  },
  {
    command: 'parec',
    platforms: ['linux'],
    args: (device) => [
      '--rate',
      `${RATE}`,
      '--channels',
      '1',
      '--format',
      's16le',
      '--latency-msec',
      '30',
      ...(device === undefined ? [] : ['--device', device]),
    ],
  },
  {
    command: 'arecord',
    platforms: ['linux'],
    args: (device) => [
      '-q',
      '-t',
      'raw',
      '-f',
      'S16_LE',
      '-r',
      `${RATE}`,
      '-c',
      '1',
      ...(device === undefined ? [] : ['-D', device]),
    ],
  },
  {
    command: 'rec',
    platforms: ['linux', 'darwin'],
    args: () => ['-q', '-t', 'raw', '-e', 'signed', '-b', '16', '-r', `${RATE}`, '-c', '1', '-'],
  },
  {
    command: 'ffmpeg',
    platforms: ['darwin', 'win32', 'linux'],
    args: (device) => ['-loglevel', 'error', ...ffmpegInput(device), '-f', 's16le', '-ac', '1', '-ar', `${RATE}`, '-'],
  },
];

function ffmpegInput(device: string | undefined): string[] {
  if (process.platform === 'darwin') return ['-f', 'avfoundation', '-i', `:${device ?? '0'}`];
  if (process.platform === 'win32') return ['-f', 'dshow', '-i', `audio=${device ?? 'default'}`];
  return ['-f', 'alsa', '-i', device ?? 'default'];
}

export const isInstalled = (command: string): boolean =>
  spawnSync(process.platform === 'win32' ? 'where' : 'which', [command], { stdio: 'ignore' }).status === 0;

/** The first recorder that is installed. */
export function findRecorder(): Recorder | undefined {
  return RECORDERS.find(({ command, platforms }) => platforms.includes(process.platform) && isInstalled(command));
}

export const RECORDER_ADVICE: Readonly<Record<string, string>> = {
  linux: 'install pipewire-bin, pulseaudio-utils or alsa-utils',
  darwin: 'install sox or ffmpeg, for example with Homebrew',
  win32: 'install ffmpeg',
};

/** Opens the microphone. It ends when `signal` aborts or the recorder stops. Throws a `UserError` when there is no recorder. */
export function openMicrophone(device: string | undefined, signal: AbortSignal): AudioSource {
  const recorder = findRecorder();
  if (recorder === undefined) {
    throw new UserError(
      `No program that records a microphone was found; ${RECORDER_ADVICE[process.platform] ?? 'install ffmpeg'}.`,
    );
  }
  return {
    format: { encoding: 'pcm_s16le', sampleRate: RATE, channels: 1, channelMode: 'mix' },
    durationMs: undefined,
    chunks: () => record(recorder, device, signal),
  };
}

async function* record(
  recorder: Recorder,
  device: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const child = spawn(recorder.command, recorder.args(device), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: buildProgramEnvironment(),
  });
  let stderrText = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderrText = (stderrText + String(chunk)).slice(-500);
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(-1));
    child.once('close', resolve);
  });
  const stop = (): void => void child.kill();
  signal.addEventListener('abort', stop, { once: true });
  yield* child.stdout as AsyncIterable<Buffer>;
  const code = await ended;
  if (!signal.aborted && code !== 0)
    throw new UserError(`${recorder.command} stopped: ${stderrText.trim().split('\n').at(-1) || `exit ${code}`}`);
}
