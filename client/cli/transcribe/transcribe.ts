import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { SingleBar } from 'cli-progress';
import type { Encoding } from '../../sdk/index.ts';
import type { AudioSource } from '../audio/audio-source.ts';
import { openMicrophone } from '../audio/microphone.ts';
import { openSource } from '../audio/source.ts';
import { type Output, type OutputFormat, Printer } from '../output/printer.ts';
import { openProgressStream, openScreen, printMessage, printNote } from '../output/terminal.ts';
import { UserError } from '../output/user-error.ts';
import { startLocalServer } from '../programs/local-server.ts';
import { streamSource } from './stream.ts';

export interface TranscribeOptions {
  readonly server?: string;
  readonly key?: string;
  readonly config?: string;
  readonly model?: string;
  readonly language?: string;
  readonly task?: 'transcribe' | 'translate';
  readonly room?: string;
  readonly pace: number;
  readonly format: OutputFormat;
  readonly raw: boolean;
  readonly output?: string;
  readonly vocabulary?: string;
  readonly cleanup?: 'llm' | 'openai' | 'rules' | 'off';
  readonly device?: string;
  readonly rate: number;
  readonly encoding: Encoding;
  readonly channels: number;
}

/** `sotto transcribe FILE`. */
export async function runTranscribe(path: string, options: TranscribeOptions): Promise<void> {
  const { encoding, rate, channels } = options;
  const source = await openSource(path, { encoding, sampleRate: rate, channels });
  await transcribeSource(source, options, path !== '-', abortOnInterrupt().signal);
}

/** `sotto mic`: until Ctrl-C. */
export async function runMic(options: TranscribeOptions): Promise<void> {
  const { signal } = abortOnInterrupt();
  const source = openMicrophone(options.device, signal);
  printNote('Speak; Ctrl-C ends.');
  await transcribeSource(source, { ...options, pace: 0 }, false, signal);
}

async function transcribeSource(
  source: AudioSource,
  options: TranscribeOptions,
  isFile: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { output, close } = openOutput(options.output);
  await using server = options.server === undefined ? await startLocalServer(buildServerArgs(options)) : undefined;
  const printer = new Printer(options.format, options.raw, output);
  const bar = isFile ? progressBar(source.durationMs, output) : undefined;
  const start = {
    ...(options.key === undefined || options.server === undefined ? {} : { credential: options.key }),
    ...(options.language === undefined ? {} : { language: options.language }),
    // Standard input may be somebody who is speaking.
    ...(isFile && options.pace === 0 ? { source: 'recording' as const } : {}),
    ...(options.task === undefined ? {} : { task: options.task }),
    ...(options.room === undefined ? {} : { room: options.room }),
    ...(options.vocabulary === undefined
      ? {}
      : {
          vocabulary: options.vocabulary
            .split(',')
            .map((word) => word.trim())
            .filter(Boolean),
        }),
    ...(options.server !== undefined && options.model !== undefined ? { model: options.model } : {}),
    cleanup: {
      mode: options.raw && options.format !== 'jsonl' ? ('off' as const) : (options.cleanup ?? ('default' as const)),
    },
  };
  try {
    await streamSource(source, {
      url: server?.url ?? parseServerUrl(options.server!),
      pace: options.pace,
      start,
      printer,
      signal,
      progress: (sentMs) => bar?.update(Math.round(sentMs / 100) / 10),
      warn: printMessage,
    });
  } finally {
    bar?.stop();
    await close();
  }
}

/** Checks the address given as `--server`. Throws a `UserError` when it is none. */
export function parseServerUrl(text: string): string {
  if (/^(https?|wss?):\/\//.test(text) && URL.canParse(text)) return text;
  throw new UserError(`--server ${text} is not an address; write it like http://127.0.0.1:8080.`);
}

/** The arguments of a server that is started for one command. */
export function buildServerArgs(
  options: Pick<TranscribeOptions, 'config' | 'model' | 'cleanup' | 'raw'> & { readonly pace?: number },
): string[] {
  const args = ['--log-level', 'error'];
  if (options.config !== undefined) args.push('--config', options.config);
  if (options.model !== undefined) args.push('--model', options.model);
  // Nobody reads along who would rather have words soon than right.
  if (options.pace === 0) args.push('--small-model', 'none');
  if (options.cleanup !== undefined || options.raw) args.push('--cleanup', options.cleanup ?? 'off');
  return args;
}

function openOutput(path: string | undefined): { output: Output; close: () => Promise<void> } {
  if (path === undefined) return { output: openScreen(), close: async () => {} };
  const file = createWriteStream(path);
  let problem: Error | undefined;
  file.on('error', (error) => {
    problem = error;
  });
  const close = async (): Promise<void> => {
    file.end();
    await finished(file).catch(() => {});
    if (problem !== undefined) throw new UserError(`${path} cannot be written: ${problem.message}`);
  };
  return { output: { write: (text) => void file.write(text), isTTY: false, columns: 80 }, close };
}

/** A progress bar on standard error, unless standard output draws on the same terminal. */
function progressBar(durationMs: number | undefined, output: Output): SingleBar | undefined {
  const stream = openProgressStream();
  if (durationMs === undefined || stream === undefined || output.isTTY) return undefined;
  const bar = new SingleBar({ format: '{bar} {value} of {total} s {eta_formatted}', stream });
  bar.start(Math.round(durationMs / 100) / 10, 0);
  return bar;
}

/** Ctrl-C ends the audio and waits for the last words; a second one exits at once. */
function abortOnInterrupt(): AbortController {
  const controller = new AbortController();
  process.on('SIGINT', () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  });
  return controller;
}
