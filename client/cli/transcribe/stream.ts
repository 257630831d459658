import { WebSocket } from 'ws';
import { type ConnectOptions, connect, type Session } from '../../sdk/index.ts';
import type { AudioSource } from '../audio/source.ts';
import type { Printer } from '../output/printer.ts';

export interface StreamOptions {
  readonly url: string;
  /** 1 is real time, 2 twice as fast, 0 as fast as the server accepts it. */
  readonly pace: number;
  readonly start: Omit<ConnectOptions, 'url' | 'audio'>;
  readonly printer: Printer;
  readonly progress?: (sentMs: number) => void;
  /** Ends the audio early; the finals of what was sent still arrive. */
  readonly signal: AbortSignal;
  /** Reports problems that are no reason to stop: notices, and faults that are not fatal. */
  readonly warn: (text: string) => void;
}

const BYTES = { pcm_s16le: 2, pcm_f32le: 4, mulaw: 1, alaw: 1 } as const;

/** Sends a source to a server and prints what comes back; resolves when everything has come. */
export async function streamSource(source: AudioSource, options: StreamOptions): Promise<void> {
  const { printer, start, signal, pace } = options;
  const session = await connect({ ...start, url: options.url, audio: source.format, WebSocket: WebSocket as never });
  session.onLine((line) => {
    if (line.state === 'resumed')
      options.warn(
        line.lostMs === 0
          ? 'The connection is back; nothing is lost.'
          : `The connection is back, but ${Math.round(line.lostMs / 100) / 10} s of sound were too much to keep.`,
      );
    else if (line.attempt === 1) options.warn('The connection is lost; trying to get back.');
  });
  const reading = read(session, printer, options.warn);
  const { encoding, sampleRate, channels } = source.format;
  const perMs = (sampleRate * channels * BYTES[encoding]) / 1_000;
  const startedMs = performance.now();
  let sentMs = 0;
  for await (const chunk of source.chunks()) {
    if (signal.aborted) break;
    printer.started(performance.now());
    session.send(chunk);
    sentMs += chunk.length / perMs;
    options.progress?.(sentMs);
    if (pace > 0) await until(startedMs + sentMs / pace, signal);
    else await session.sent();
  }
  await Promise.race([session.finish(), session.closed]);
  const { fault } = await session.closed;
  await reading;
  printer.end();
  if (fault !== undefined && session.ready !== undefined && fault.code !== 'server.draining') throw fault;
}

async function read(session: Session, printer: Printer, warn: (text: string) => void): Promise<void> {
  for await (const event of session) {
    printer.read(event, performance.now());
    if (event.type === 'fault' && !event.fatal) warn(event.text);
    if (event.type === 'notice' && (event.code === 'lag' || event.code === 'audio.invalid')) warn(event.text);
  }
}

/** Waits until a moment instead of for a duration, so that small delays do not add up. */
function until(momentMs: number, signal: AbortSignal): Promise<void> {
  const wait = momentMs - performance.now();
  if (wait <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(done, wait);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
