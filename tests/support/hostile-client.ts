import { connect } from 'node:net';
import { OPCODE, openRawSocket, type RawFrame } from './raw-socket.ts';

type Random = () => number;
const { text, binary, continuation, ping, pong, close } = OPCODE;

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
const bytesOf = (random: Random, length: number): Uint8Array =>
  Uint8Array.from({ length }, () => Math.floor(random() * 256));

/** Values that fields are not made for. */
const ODD: readonly unknown[] = [
  ...[
    null,
    true,
    '',
    'x',
    'en',
    -1,
    0,
    1,
    1.5,
    1e308,
    16_000,
    48_000,
    [],
    {},
    [1],
    ['a', 'b'],
    '\u0000',
    '\ud800',
    '😀',
  ],
  ...['__proto__', 'constructor', 'auto', 'pcm_f32le', 'mulaw', 'separate', 'off', 'x'.repeat(5_000)],
];
const FIELDS = [
  ...['type', 'audio', 'language', 'languages', 'task', 'model', 'vocabulary', 'partials', 'cleanup', 'endpoint'],
  ...[
    'resume',
    'id',
    'encoding',
    'sampleRate',
    'channels',
    'channelMode',
    'mode',
    'everyMs',
    'minMs',
    'seq',
    '__proto__',
    ...['session', 'audio', 'format', 'turn_detection', 'config', 'sample_rate', 'eof', 'words', 'phrase_list', 'uid'],
    ...[
      'room',
      'keep',
      'transcript',
      'title',
      'attempt',
      'use_vad',
      'initial_prompt',
      'end_of_turn_confidence_threshold',
    ],
  ],
];
const TYPES = [
  ...['start', 'configure', 'flush', 'keepalive', 'finish', 'KeepAlive', 'Finalize', 'CloseStream', 'x'],
  ...['session.update', 'transcription_session.update', 'input_audio_buffer.append', 'input_audio_buffer.commit'],
  ...['input_audio_buffer.clear', 'ForceEndpoint', 'UpdateConfiguration', 'Terminate'],
];

function oddValue(random: Random, depth = 0): unknown {
  if (depth > 3 || random() < 0.7) return pick(random, ODD);
  const entries = Array.from({ length: 1 + Math.floor(random() * 4) }, () => oddValue(random, depth + 1));
  return random() < 0.4 ? entries : Object.fromEntries(entries.map((value) => [pick(random, FIELDS), value]));
}

/** A text frame: a message, nearly one, or none at all. */
export function oddText(random: Random): string {
  const kind = random();
  if (kind < 0.1) return Buffer.from(bytesOf(random, Math.floor(random() * 60))).toString('latin1');
  if (kind < 0.15) return bomb(pick(random, [3, 500, 30_000]), pick(random, FIELDS), random() < 0.8);
  const message: Record<string, unknown> = { type: random() < 0.9 ? pick(random, TYPES) : oddValue(random) };
  for (let i = Math.floor(random() * 4); i > 0; i--) message[pick(random, FIELDS)] = oddValue(random);
  const whole = JSON.stringify(message);
  return kind < 0.2 ? whole.slice(0, Math.floor(random() * whole.length)) : whole;
}

/** Audio of any length: noise, silence, or floats that are no numbers. */
export function oddAudio(random: Random): Uint8Array {
  const length = Math.floor(random() ** 4 * 30_000);
  const kind = random();
  if (kind < 0.4) return bytesOf(random, Math.min(length, 3_000));
  if (kind < 0.7) return new Uint8Array(length);
  const numbers = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e38, -1e-40, 0.5, -2];
  return new Uint8Array(Float32Array.from({ length: length >> 2 }, () => pick(random, numbers)).buffer);
}

/** A message that is nested deep, and ends or does not. */
function bomb(depth: number, field: string, ends: boolean): string {
  const message = `{"type":"configure","${field}":${'['.repeat(depth)}`;
  return ends ? `${message}${']'.repeat(depth)}}` : message;
}

function oddFrames(random: Random): RawFrame[] {
  const kind = random();
  if (kind < 0.4) return [{ opcode: binary, payload: oddAudio(random) }];
  if (kind < 0.72) return [{ opcode: text, payload: oddText(random) }];
  if (kind < 0.8) return Array.from({ length: 400 }, () => ({ opcode: binary, payload: bytesOf(random, 1) }));
  if (kind < 0.86) {
    const parts = Array.from({ length: 3 }, () => bytesOf(random, 20));
    return parts.map((payload, i) => ({ opcode: i === 0 ? binary : continuation, fin: i === 2, payload }));
  }
  if (kind < 0.92)
    return [{ opcode: pick(random, [ping, pong]), payload: bytesOf(random, Math.floor(random() * 125)) }];
  return [
    {
      opcode: Math.floor(random() * 16),
      reserved: random() < 0.2 ? Math.floor(random() * 8) : 0,
      fin: random() < 0.8,
      masked: random() < 0.8,
      payload: bytesOf(random, Math.floor(random() * 300)),
      ...(random() < 0.2 ? { claimedBytes: BigInt(Math.floor(random() * 2 ** 53)) } : {}),
    },
  ];
}

const START = [
  '{"type":"start"}',
  '{"type":"start","audio":{"encoding":"pcm_f32le","sampleRate":44100,"channels":2,"channelMode":"separate"}}',
  '{"type":"start","audio":{"encoding":"mulaw","sampleRate":8000},"partials":{"everyMs":100}}',
];

/** What clients of the other doors begin with, and say in between. */
const FOREIGN: Readonly<Record<string, readonly string[]>> = {
  '/v1/realtime': [
    '{"type":"session.update","session":{"type":"transcription","audio":{"input":{"format":{"type":"audio/pcm","rate":24000}}}}}',
    '{"type":"transcription_session.update","session":{"input_audio_format":"g711_ulaw"}}',
    `{"type":"input_audio_buffer.append","audio":"${'AAAA'.repeat(2_000)}"}`,
    '{"type":"input_audio_buffer.append","audio":"%%%"}',
    '{"type":"input_audio_buffer.commit"}',
    '{"type":"input_audio_buffer.clear"}',
  ],
  '/v3/ws': [
    '{"type":"UpdateConfiguration","min_turn_silence":-1}',
    '{"type":"ForceEndpoint"}',
    '{"type":"Terminate"}',
  ],
  '/vosk': ['{"config":{"sample_rate":8000,"words":1}}', '{"config":{"sample_rate":1e9}}', '{"eof":1}', '{"reset":1}'],
  '/whisper-live': [
    '{"uid":"x","language":"en","task":"transcribe","model":"small","use_vad":true}',
    '{"uid":{},"language":[],"task":"translate","model":null}',
    'END_OF_AUDIO',
  ],
};

/** What no HTTP client says. */
async function rubbish(random: Random, port: number): Promise<number> {
  const words = pick(random, [
    () => bytesOf(random, 200),
    () => Buffer.from(`GET /${'%2e%2e/'.repeat(9)}etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`),
    () => Buffer.from('GET http://[::1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'),
    () => Buffer.from(`GET / HTTP/1.1\r\nHost: ${'a'.repeat(20_000)}\r\n\r\n`),
    () => Buffer.from('POST /v1/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999\r\n\r\n{'),
    () =>
      Buffer.from('GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
  ])();
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  socket.write(words);
  await Promise.race([
    new Promise((resolve) => socket.once('close', resolve)),
    new Promise((resolve) => setTimeout(resolve, 20)),
  ]);
  socket.destroy();
  return 1;
}

/** One visit of a client that keeps no rule. Resolves with the frames it sent, when it has left. */
export async function visit(random: Random, port: number, paths: readonly string[]): Promise<number> {
  if (random() < 0.05) return rubbish(random, port);
  const path = random() < 0.5 ? '/v1/stream' : pick(random, paths);
  const reads = random() < 0.1 ? 'nothing' : 'all';
  const raw = await openRawSocket(port, path, reads).catch(() => undefined);
  if (raw === undefined) return 1;
  let sent = 0;
  const words = FOREIGN[path.split('?')[0]!] ?? START;
  if (random() < 0.85) raw.write({ opcode: text, payload: pick(random, words) });
  for (let i = Math.floor(random() * 120); i > 0 && !raw.socket.destroyed; i--) {
    const own = words !== START && random() < 0.3;
    const frames = own ? [{ opcode: text, payload: pick(random, words) }] : oddFrames(random);
    sent += frames.length;
    raw.write(...frames);
    if (random() < 0.1) await new Promise((resolve) => setImmediate(resolve));
  }
  const leaving = random();
  if (leaving < 0.3) raw.write({ opcode: text, payload: '{"type":"finish"}' });
  else if (leaving < 0.5) raw.write({ opcode: close, payload: bytesOf(random, Math.floor(random() * 4)) });
  else if (leaving < 0.6) raw.socket.end();
  else raw.socket.destroy();
  // Whoever said goodbye may be answered; nobody is waited for.
  await Promise.race([raw.ended, new Promise((resolve) => setTimeout(resolve, 20))]);
  raw.socket.destroy();
  return sent;
}
