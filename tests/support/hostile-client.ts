import { connect } from 'node:net';
import {
  bytesOf,
  FOREIGN,
  fill,
  hostileQuery,
  hostileSettings,
  oddFrames,
  oddText,
  pick,
  type Random,
  rawValue,
  START,
} from './hostile-frames.ts';
import { openaiSessions, PROTOTYPE_NAMES } from './hostile-settings.ts';
import { OPCODE, openRawSocket, type RawFrame, type RawSocket, RefusedUpgrade } from './raw-socket.ts';
import { wavOf } from './wav-of.ts';

const { text, close } = OPCODE;

/** What became of one connection: frames that were sent over it, and the status it ended with, `left` when the client went first. */
export interface Outcome {
  readonly frames: number;
  readonly end: string;
}

/** How long a client waits for the server to end what it should, ms. */
const PATIENCE_MS = 25;

const HOLE = 'put-the-value-here';
const FORM_FIELDS = [
  ...[
    'response_format',
    'temperature',
    'language',
    'model',
    'prompt',
    'stream',
    'cleanup',
    'timestamp_granularities[]',
  ],
  ...PROTOTYPE_NAMES,
];

/** One visit to a WebSocket endpoint by a client that keeps no rule. */
export async function visitSocket(random: Random, port: number, path: string): Promise<Outcome> {
  const reads = random() < 0.1 ? 'nothing' : 'all';
  const url = random() < 0.3 ? `${path}?${hostileQuery(random, path)}` : `${path}${usualQuery(path)}`;
  let raw: RawSocket;
  try {
    raw = await openRawSocket(port, url, reads, path === '/v1/realtime' && random() < 0.2 ? clientSecret(random) : '');
  } catch (error) {
    return { frames: 1, end: error instanceof RefusedUpgrade ? `http ${error.status}` : 'failed' };
  }
  const words = FOREIGN[path] ?? START;
  let sent = 0;
  const put = (...frames: readonly RawFrame[]): void => {
    sent += frames.length;
    raw.write(...frames);
  };
  const framing = random() < 0.2 ? 'broken' : 'right';
  if (random() < 0.7) put({ opcode: text, payload: pick(random, words) });
  for (let i = Math.floor(random() ** 2 * 120); i > 0 && !raw.isOver; i--) {
    const kind = random();
    const settings = kind < 0.25 ? hostileSettings(random, path) : [];
    if (settings.length > 0) put(...settings.map((payload) => ({ opcode: text, payload })));
    else if (kind < 0.4) put({ opcode: text, payload: pick(random, words) });
    else put(...oddFrames(random, framing));
    if (random() < 0.2) await new Promise((resolve) => setImmediate(resolve));
  }
  const leaving = random();
  if (leaving < 0.3) put({ opcode: text, payload: '{"type":"finish"}' });
  else if (leaving < 0.5) put({ opcode: close, payload: bytesOf(random, Math.floor(random() * 4)) });
  else if (leaving < 0.6) raw.socket.end();
  else raw.socket.destroy();
  // Whoever said goodbye may be answered; nobody is waited for.
  const end = await within(raw.ended);
  raw.socket.destroy();
  return { frames: Math.max(1, sent), end: leaving >= 0.6 && end === '1006' ? 'left' : end };
}

const USUAL: Readonly<Record<string, string>> = {
  '/v1/listen': '?encoding=linear16&sample_rate=8000',
  '/v3/ws': '?sample_rate=16000',
  '/v1/realtime': '?intent=transcription',
};
const usualQuery = (path: string): string => USUAL[path] ?? '';

/** A client secret whose settings are hostile, as a header of the upgrade. */
function clientSecret(random: Random): string {
  const sessions = openaiSessions(HOLE);
  const settings = random() < 0.3 ? rawValue(random) : fill(random, JSON.stringify(pick(random, sessions)[2]));
  // A head of more than 16 KiB is refused by every server.
  const secret = Buffer.from(settings.slice(0, 11_300)).toString('base64url');
  return `Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.ek_none~${secret}\r\n`;
}

/** One visit to a port of Wyoming: events that are none, and pieces of them. */
export async function visitWyoming(random: Random, port: number): Promise<Outcome> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  if (random() >= 0.1) socket.resume();
  const ended = new Promise<string>((resolve) => socket.once('close', () => resolve('closed')));
  let sent = 0;
  const audio = '{"rate":16000,"width":2,"channels":1}';
  for (let i = 1 + Math.floor(random() * 120); i > 0 && !socket.destroyed; i--) {
    sent++;
    socket.write(wyomingFrame(random, audio));
    if (random() < 0.1) await new Promise((resolve) => setImmediate(resolve));
  }
  const isPolite = random() < 0.5;
  if (isPolite) socket.end();
  else socket.destroy();
  const end = await within(ended);
  socket.destroy();
  return { frames: sent, end: isPolite ? end : 'left' };
}

const WYOMING_TYPES = ['describe', 'transcribe', 'audio-start', 'audio-chunk', 'audio-stop', 'ping', 'transcript'];

function wyomingFrame(random: Random, audio: string): Uint8Array | string {
  const kind = random();
  if (kind < 0.3) {
    const payload = bytesOf(random, 2 * Math.floor(random() * 400));
    const line = `{"type":"audio-chunk","data":${audio},"payload_length":${payload.length}}\n`;
    return Buffer.concat([Buffer.from(line), payload]);
  }
  if (kind < 0.5) return `{"type":"audio-start","data":${audio}}\n`;
  if (kind < 0.6) return '{"type":"audio-stop"}\n';
  if (kind < 0.63) return bytesOf(random, 100);
  if (kind < 0.66) return `${oddText(random)}\n`;
  const type = random() < 0.8 ? JSON.stringify(pick(random, WYOMING_TYPES)) : rawValue(random);
  const field = pick(random, ['rate', 'width', 'channels', 'language', 'text', 'name', ...PROTOTYPE_NAMES]);
  const data =
    random() < 0.3 ? rawValue(random) : `{"rate":16000,"width":2,"channels":1,"${field}":${rawValue(random)}}`;
  const length = random() < 0.1 ? `,"${pick(random, ['payload_length', 'data_length'])}":${rawValue(random)}` : '';
  return `{"type":${type},"data":${data}${length}}\n`;
}

/** One HTTP request of a kind that nobody sends, to an address of its kind. */
export async function visitHttp(random: Random, port: number, path: string): Promise<Outcome> {
  const bytes = path === '(no HTTP)' ? rubbish(random) : requestTo(random, path);
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  let head = '';
  socket.on('data', (chunk) => {
    if (head.length < 16) head += chunk.toString('latin1');
  });
  socket.write(bytes);
  const ended = new Promise<string>((resolve) => socket.once('close', () => resolve('closed')));
  const isPatient = random() < 0.9;
  const end = await within(ended, isPatient ? 400 : 1);
  socket.destroy();
  const status = /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1];
  return { frames: 1, end: status === undefined ? end : `http ${status}` };
}

function requestTo(random: Random, path: string): Buffer {
  const query = random() < 0.4 ? `?${hostileQuery(random, path)}` : '';
  const head = (method: string, more: string): string =>
    `${method} ${path.replaceAll(':x', pick(random, ['x', '%ff', ...PROTOTYPE_NAMES]))}${query} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n${more}\r\n`;
  const kind = random();
  const method = kind < 0.5 ? 'POST' : kind < 0.9 ? 'GET' : pick(random, ['TRACE', 'OPTIONS', 'DELETE', 'HEAD', 'PUT']);
  if (method !== 'POST') return Buffer.from(head(method, ''));
  const [type, body] = bodyFor(random, path);
  const length = random() < 0.05 ? body.length + 50 : body.length;
  return Buffer.concat([Buffer.from(head('POST', `Content-Type: ${type}\r\nContent-Length: ${length}\r\n`)), body]);
}

function bodyFor(random: Random, path: string): readonly [type: string, body: Buffer] {
  const isUpload = /audio|listen/.test(path);
  if (isUpload && random() < 0.6) {
    const parts = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
      const value = pick(random, [...PROTOTYPE_NAMES, rawValue(random).slice(0, 2_000), '\u0000', '1e999']);
      return `--b\r\nContent-Disposition: form-data; name="${pick(random, FORM_FIELDS)}"\r\n\r\n${value}\r\n`;
    });
    const file = random() < 0.5 ? wavOf(new Int16Array(800)) : Buffer.from(bytesOf(random, 200));
    const start = '--b\r\nContent-Disposition: form-data; name="file"; filename="x.wav"\r\n\r\n';
    return [
      'multipart/form-data; boundary=b',
      Buffer.concat([Buffer.from(parts.join('') + start), file, Buffer.from(random() < 0.8 ? '\r\n--b--\r\n' : '')]),
    ];
  }
  if (isUpload) return ['audio/wav', random() < 0.5 ? wavOf(new Int16Array(800)) : Buffer.from(bytesOf(random, 200))];
  const fields = ['session', 'expires_after', 'ttl_seconds', 'seconds', 'scopes', 'label', 'hours', 'title', 'text'];
  const body =
    random() < 0.5
      ? fill(random, JSON.stringify({ session: pick(random, openaiSessions(HOLE))[2] }))
      : random() < 0.8
        ? `{"${pick(random, [...fields, ...PROTOTYPE_NAMES])}":${rawValue(random)}}`
        : oddText(random);
  return [pick(random, ['application/json', 'application/json', 'text/plain', 'x']), Buffer.from(body)];
}

/** What no HTTP client says. */
function rubbish(random: Random): Buffer {
  const value = pick(random, [
    () => Buffer.from(bytesOf(random, 200)),
    () => `GET /${'%2e%2e/'.repeat(9)}etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
    () => 'GET http://[::1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
    () => 'GET //[ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
    () => `${pick(random, ['TRACE', 'CONNECT', 'x', 'TRACK'])} / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
    () => `GET / HTTP/1.1\r\nHost: ${'a'.repeat(20_000)}\r\n\r\n`,
    () => `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nx\u0001y: \u0000\u007f\r\n: empty\r\n\r\n`,
    () => 'POST /v1/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999\r\n\r\n{',
    () => 'GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    () =>
      'GET //[/v1 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  ])();
  return Buffer.from(value as string);
}

function within(ended: Promise<unknown>, ms = PATIENCE_MS): Promise<string> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('left'), ms);
    void ended.then((how) => {
      clearTimeout(timer);
      resolve(String(how));
    });
  });
}
