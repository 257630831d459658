import { WebSocket } from 'ws';
import { type ConnectOptions, connect, type Session } from '../../sdk/index.ts';
import type { AudioSource } from '../audio/audio-source.ts';
import type { Printer } from '../output/printer.ts';
import { UserError } from '../output/user-error.ts';

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

/** Rounding of times on their way through the server, ms. */
const TOLERANCE_MS = 100;

/**
 * Sends a source to a server and prints what comes back. Resolves when everything is transcribed. Rejects with the server's fault, or
 * with a `UserError` that says where the text ends; what arrived is printed all the same.
 */
export async function streamSource(source: AudioSource, options: StreamOptions): Promise<void> {
  const { printer, start } = options;
  const session = await connect({ ...start, url: options.url, audio: source.format, WebSocket: WebSocket as never });
  let droppedMs = 0;
  session.onConnection((connection) => {
    if (connection.state === 'resumed') {
      droppedMs += connection.lostMs;
      options.warn(
        connection.lostMs === 0
          ? 'The connection is back; nothing is lost.'
          : `The connection is back, but ${Math.round(connection.lostMs / 100) / 10} s of audio did not fit into the buffer.`,
      );
    } else if (connection.attempt === 1) options.warn('The connection is lost; reconnecting.');
  });
  let receivedMs = 0;
  session.on('done', ({ audioMs }) => {
    receivedMs = audioMs;
  });
  const reading = read(session, options);
  const sent = await send(source, session, options);
  // How it ended is in `closed`.
  await session.finish().catch(() => {});
  const { fault } = await session.closed;
  const textMs = await reading;
  printer.end();
  if (fault !== undefined && fault.code !== 'server.draining') throw fault;
  if (sent.isWhole && receivedMs + droppedMs + TOLERANCE_MS >= sent.ms) return;
  const total = source.durationMs === undefined ? '' : ` of ${seconds(source.durationMs)}`;
  throw new UserError(
    `The server ended the session before everything was transcribed: the text ends at ${seconds(textMs)}${total} s.`,
  );
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);

/** Sends the source until it, or the session, ends. */
async function send(
  source: AudioSource,
  session: Session,
  { printer, signal, pace, progress }: StreamOptions,
): Promise<{ readonly isWhole: boolean; readonly ms: number }> {
  const { encoding, sampleRate, channels } = source.format;
  const bytesPerMs = (sampleRate * channels * BYTES[encoding]) / 1_000;
  const startedMs = performance.now();
  let hasEnded = false;
  void session.closed.then(() => {
    hasEnded = true;
  });
  let ms = 0;
  for await (const chunk of source.chunks()) {
    if (signal.aborted) break;
    if (hasEnded) return { isWhole: false, ms };
    printer.started(performance.now());
    session.send(chunk);
    ms += chunk.length / bytesPerMs;
    progress?.(ms);
    if (pace > 0) await waitUntil(startedMs + ms / pace, signal);
    else await session.sent();
  }
  return { isWhole: true, ms };
}

/** Prints every event. Resolves with the end of the last final, ms. */
async function read(session: Session, { printer, warn }: StreamOptions): Promise<number> {
  let textMs = 0;
  for await (const event of session) {
    printer.read(event, performance.now());
    if (event.type === 'final') textMs = Math.max(textMs, event.toMs);
    if (event.type === 'fault' && !event.fatal) warn(event.text);
    if (event.type === 'notice' && (event.code === 'lag' || event.code === 'audio.invalid')) warn(event.text);
  }
  return textMs;
}

/** Waits until a moment instead of for a duration, so that small delays do not add up. */
function waitUntil(momentMs: number, signal: AbortSignal): Promise<void> {
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
