import { PROTOTYPE_NAMES, SOCKET_ENDPOINTS } from './hostile-settings.ts';
import { OPCODE, type RawFrame } from './raw-socket.ts';

export type Random = () => number;
const { text, binary, continuation, ping, pong } = OPCODE;

export const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
export const bytesOf = (random: Random, length: number): Uint8Array =>
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
  ...PROTOTYPE_NAMES,
  ...['auto', 'pcm_f32le', 'mulaw', 'separate', 'off', 'x'.repeat(5_000)],
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

/** `broken`: now and then a frame that no WebSocket client may send, which ends the connection. */
export function oddFrames(random: Random, framing: 'broken' | 'right'): RawFrame[] {
  const kind = random() * (framing === 'right' ? 0.92 : 1);
  if (kind < 0.4) return [{ opcode: binary, payload: oddAudio(random) }];
  if (kind < 0.72) return [{ opcode: text, payload: oddText(random) }];
  if (kind < 0.735) return Array.from({ length: 400 }, () => ({ opcode: binary, payload: bytesOf(random, 1) }));
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

/** JSON for one value: each as a client may write it, whatever a serialiser would make of it. */
const RAW_VALUES: readonly ((random: Random) => string)[] = [
  (random) => JSON.stringify(pick(random, PROTOTYPE_NAMES)),
  (random) => JSON.stringify(oddValue(random)),
  (random) => nested(pick(random, [3, 33, 600, 5_600, 20_000]), random() < 0.5 ? 'arrays' : 'objects'),
  (random) => pick(random, ['1e999', '-1e999', '-0', '1e-400', '9'.repeat(400), '0.1e308', '9007199254740993']),
  (random) =>
    pick(random, ['"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\u001b[2J\\u202e"', '"\u007f\u0085\u2028"']),
  (random) =>
    pick(random, ['{"__proto__":{"type":"x"}}', '{"constructor":{"prototype":1}}', '{"toString":1}', '[[],{}]']),
  () => JSON.stringify('x'.repeat(60_000)),
];
/** Stands where a raw value is put in. */
const HOLE = 'put-the-value-here';

function nested(depth: number, of: 'arrays' | 'objects'): string {
  return of === 'arrays' ? `${'['.repeat(depth)}${']'.repeat(depth)}` : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
}

export const rawValue = (random: Random): string => pick(random, RAW_VALUES)(random);

/** Fills a message in which a hole stands for a value; now and then a field comes twice. */
export function fill(random: Random, template: string): string {
  const filled = template.split(`"${HOLE}"`).map((part, i) => (i === 0 ? part : rawValue(random) + part));
  const whole = filled.join('').replaceAll(HOLE, pick(random, PROTOTYPE_NAMES));
  const field = /^\{"(\w+)":/.exec(whole)?.[1];
  return field !== undefined && random() < 0.1 ? `{"${field}":${rawValue(random)},${whole.slice(1)}` : whole;
}

const FIELDS_OF = new Map(SOCKET_ENDPOINTS.map((endpoint) => [endpoint.path, endpoint.fields(HOLE)]));

/** Every field of an endpoint's messages with a hole for its value. */
export function hostileSettings(random: Random, path: string): string[] {
  const withFrames = (FIELDS_OF.get(path) ?? []).flatMap(({ frames }) => (frames === undefined ? [] : [frames]));
  return withFrames.length === 0 ? [] : pick(random, withFrames).map((frame) => fill(random, frame));
}

/** A query of an endpoint with a hostile value in one of its parameters. */
export function hostileQuery(random: Random, path: string): string {
  const endpoint = SOCKET_ENDPOINTS.find((each) => each.path === path);
  const queries = (FIELDS_OF.get(path) ?? []).flatMap(({ query }) => (query === undefined ? [] : [query]));
  const own =
    queries.length === 0 || random() < 0.3 ? { [pick(random, PROTOTYPE_NAMES)]: HOLE } : pick(random, queries);
  const search = new URLSearchParams({ ...endpoint?.query, ...own }).toString();
  const value = pick(random, [
    ...PROTOTYPE_NAMES,
    '%00',
    '%ED%A0%80',
    '1e999',
    '-1',
    'NaN',
    '%ff',
    '%',
    '',
    'a'.repeat(900),
    '%1b%5b2J',
  ]);
  const filled = search.replaceAll(HOLE, value);
  return random() < 0.1 ? `${filled}&${filled}` : filled;
}

export const START = [
  '{"type":"start"}',
  '{"type":"start","audio":{"encoding":"pcm_f32le","sampleRate":44100,"channels":2,"channelMode":"separate"}}',
  '{"type":"start","audio":{"encoding":"mulaw","sampleRate":8000},"partials":{"everyMs":100}}',
];

/** What clients of the compatible endpoints begin with, and send in between. */
export const FOREIGN: Readonly<Record<string, readonly string[]>> = {
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
