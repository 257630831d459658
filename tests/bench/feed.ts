import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { connect } from '../../client/sdk/index.ts';
import { OffsetFilter } from '../../server/core/audio/offset-filter.ts';
import { SAMPLE_RATE } from '../../server/core/time.ts';
import { type Recording, readSamples } from '../support/recordings.ts';
import type { Arrival } from './measures.ts';

export interface BenchServer {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** A server in a process of its own, so that its CPU and memory can be told from ours. */
export function startBenchServer(args: readonly string[]): Promise<BenchServer> {
  const main = fileURLToPath(new URL('../../server/main.ts', import.meta.url));
  const child: ChildProcess = fork(
    main,
    ['--port', '0', '--no-journal', '--keep', 'off', '--no-measure', '--log-level', 'error', ...args],
    {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  );
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server stopped (${code})`)));
    child.once('message', ({ url }: { url: string }) => {
      const stop = (): Promise<void> =>
        new Promise((done) => {
          child.once('exit', () => done());
          child.disconnect();
        });
      resolve({ url, pid: child.pid!, stop });
    });
  });
}

export interface Feed {
  readonly language: string;
  /** Times real time; default 1. */
  readonly pace?: number;
  /** Languages it is translated into; default none. */
  readonly translations?: readonly string[];
}

/** Sends samples in steps of 100 ms at the pace of real time and notes when what comes back. */
export async function feed(
  url: string,
  samples: Int16Array,
  { language, pace = 1, translations = [] }: Feed,
): Promise<Arrival[]> {
  const requested = translations.length === 0 ? {} : { translations: [...translations] };
  const session = await connect({ url, WebSocket: WebSocket as never, language, ...requested });
  const arrivals: Arrival[] = [];
  const step = 1_600;
  const startedMs = performance.now();
  const reading = (async () => {
    for await (const event of session) arrivals.push({ atMs: performance.now() - startedMs, event });
  })();
  for (let at = 0; at < samples.length; at += step) {
    // A step can be sent once it was spoken.
    const wait = startedMs + (at + step) / 16 / pace - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    session.send(samples.subarray(at, at + step));
  }
  await session.finish();
  await reading;
  return arrivals;
}

/** Samples as a session passes them to the VAD and the recogniser. */
export function toHeard(samples: Int16Array): Float32Array {
  return new OffsetFilter(SAMPLE_RATE).push(Float32Array.from(samples, (value) => value / 32_768));
}

/** A recording with a second of silence behind it, as people leave before they press a button. */
export function samplesOf(recording: Recording): Int16Array {
  const samples = readSamples(recording.path);
  const padded = new Int16Array(samples.length + 16_000);
  padded.set(samples);
  return padded;
}
