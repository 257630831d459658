/** Names that a table of an object literal would find on Object.prototype. */
export const PROTOTYPE_NAMES = ['constructor', '__proto__', 'toString', 'valueOf', 'hasOwnProperty'] as const;

/** What must become of a hostile value: a refusal in the endpoint's own form, or nothing at all, as in the original. */
export type Expectation = 'refused' | 'ignored';

/** One place of an endpoint where a client puts a value. */
export interface Field {
  readonly name: string;
  readonly expected: Expectation;
  readonly query?: Readonly<Record<string, string>>;
  /** Text frames to send once the connection is open. */
  readonly frames?: readonly string[];
}

export interface SocketEndpoint {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly subprotocols?: readonly string[];
  /** Where a value can stand; `value` is the hostile one. */
  fields(value: unknown): readonly Field[];
  /** Frames of an ordinary client after the hostile ones: audio, and the end. */
  rest(audio: Buffer): readonly (string | Buffer)[];
  /** Whether a frame, the body of a refused upgrade, or the reason of a close tells an error as this protocol does. */
  isError(text: string): boolean;
}

type Named = Readonly<Record<string, unknown>>;
const json = (value: unknown): string => JSON.stringify(value);
const query = (
  name: string,
  expected: Expectation,
  value: unknown,
  more: Readonly<Record<string, string>> = {},
): Field => ({
  name,
  expected,
  query: { ...more, [name]: String(value) },
});
const sent = (name: string, expected: Expectation, ...frames: readonly unknown[]): Field => ({
  name,
  expected,
  frames: frames.map(json),
});
const has = (text: string, pattern: RegExp): boolean => pattern.test(text);

function native(value: unknown): readonly Field[] {
  const start = (more: Named): Named => ({ type: 'start', ...more });
  return [
    sent('type', 'refused', { type: value }),
    sent('audio.encoding', 'refused', start({ audio: { encoding: value } })),
    sent('audio.channelMode', 'refused', start({ audio: { channelMode: value } })),
    sent('task', 'refused', start({ task: value })),
    sent('model', 'refused', start({ model: value })),
    sent('language', 'refused', start({ language: value })),
    sent('languages', 'refused', start({ languages: [value] })),
    sent('translations', 'refused', start({ translations: [value] })),
    sent('partials.mode', 'refused', start({ partials: { mode: value } })),
    sent('cleanup.mode', 'refused', start({ cleanup: { mode: value } })),
    sent('configure', 'refused', start({}), { type: 'configure', cleanup: { mode: value } }),
    sent('unknown field', 'ignored', start({ [String(value)]: value })),
  ];
}

function deepgram(value: unknown): readonly Field[] {
  const ignored = ['multichannel', 'interim_results', 'punctuate', 'smart_format', 'endpointing', 'vad_events'];
  const texts = ['filler_words', 'keywords', 'keyterm', 'replace', 'model', 'version', 'tag', String(value)];
  return [
    ...['encoding', 'sample_rate', 'channels', 'language', 'redact', 'callback'].map((name) =>
      query(name, 'refused', value),
    ),
    query('utterance_end_ms', 'refused', value, { interim_results: 'true' }),
    ...[...ignored, ...texts].map((name) => query(name, 'ignored', value)),
    { name: 'extra', expected: 'ignored', query: { extra: `cleanup:${value}` } },
    sent('type', 'ignored', { type: value }),
    sent('Finalize', 'ignored', { type: 'Finalize', channel: value }),
  ];
}

function flux(value: unknown): readonly Field[] {
  const numbers = ['eot_threshold', 'eager_eot_threshold', 'eot_timeout_ms'];
  return [
    ...[...numbers, 'model', 'encoding', 'sample_rate', 'redact', 'callback'].map((name) =>
      query(name, 'refused', value),
    ),
    query('language_hint', 'refused', value, { model: 'flux-general-multi' }),
    ...['keyterm', 'tag', 'mip_opt_out', 'numerals', String(value)].map((name) => query(name, 'ignored', value)),
    sent('type', 'refused', { type: value }),
    ...numbers.map((name) => sent(name, 'refused', { type: 'Configure', thresholds: { [name]: value } })),
    sent('thresholds', 'refused', { type: 'Configure', thresholds: value }),
    sent('keyterms', 'refused', { type: 'Configure', keyterms: { [String(value)]: value } }),
  ];
}

const ASSEMBLYAI = [
  ...['format_turns', 'language_code', 'language_codes', 'language_detection', 'keyterms_prompt'],
  ...['min_turn_silence', 'max_turn_silence', 'min_end_of_turn_silence_when_confident'],
] as const;

function assemblyai(value: unknown): readonly Field[] {
  const inTurn = (name: string): unknown => (name === 'language_codes' ? [value] : value);
  return [
    query('encoding', 'refused', value),
    query('sample_rate', 'refused', value),
    ...ASSEMBLYAI.filter((name) => name !== 'language_code').map((name) => query(name, 'refused', value)),
    query('language_code', 'refused', value),
    query('speech_model', 'ignored', value),
    query(String(value), 'ignored', value),
    ...ASSEMBLYAI.map((name) => sent(name, 'refused', { type: 'UpdateConfiguration', [name]: inTurn(name) })),
    sent('type', 'ignored', { type: value }),
  ];
}

/** Settings of an OpenAI session in both shapes, with a value that is hostile. */
export function openaiSessions(value: unknown): readonly (readonly [name: string, Expectation, session: Named])[] {
  const input = (more: Named): Named => ({ type: 'transcription', audio: { input: more } });
  return [
    ['input_audio_format', 'refused', { input_audio_format: value }],
    ['format', 'refused', input({ format: value })],
    ['format.type', 'refused', input({ format: { type: value } })],
    ['format.rate', 'refused', input({ format: { type: 'audio/pcm', rate: value } })],
    ['turn_detection.type', 'refused', { turn_detection: { type: value } }],
    ['turn_detection.eagerness', 'ignored', input({ turn_detection: { type: 'semantic_vad', eagerness: value } })],
    [
      'turn_detection.silence',
      'ignored',
      input({ turn_detection: { type: 'server_vad', silence_duration_ms: value } }),
    ],
    ['transcription.language', 'refused', input({ transcription: { language: value } })],
    ['transcription.languages', 'refused', input({ transcription: { languages: [value] } })],
    [
      'transcription.model',
      'ignored',
      { input_audio_transcription: { model: value, prompt: value, keywords: [value] } },
    ],
    ['noise_reduction', 'ignored', { input_audio_noise_reduction: { type: value } }],
    ['include', 'ignored', { include: [value] }],
    ['unknown field', 'ignored', { [String(value)]: value }],
  ];
}

function openai(value: unknown): readonly Field[] {
  const sessions = openaiSessions(value).flatMap(([name, expected, session]) => [
    sent(name, expected, { type: 'session.update', session }),
    sent(`older ${name}`, expected, { type: 'transcription_session.update', session }),
  ]);
  return [
    ...sessions,
    sent('session', 'refused', { type: 'session.update', session: value }),
    sent('type', 'refused', { type: value }),
    sent('audio', 'ignored', { type: 'input_audio_buffer.append', audio: String(value) }),
    query('intent', 'ignored', value),
    query('model', 'ignored', value),
  ];
}

function vosk(value: unknown): readonly Field[] {
  return [
    sent('sample_rate', 'refused', { config: { sample_rate: value } }),
    sent('others', 'ignored', {
      config: { words: value, max_alternatives: value, punctuate: value, phrase_list: [value], [String(value)]: value },
    }),
    sent('reset', 'ignored', { reset: value }),
    sent('unknown field', 'ignored', { [String(value)]: value }),
  ];
}

function whisperLive(value: unknown): readonly Field[] {
  const hello = (more: Named): Named => ({ uid: 'x', language: 'en', task: 'transcribe', ...more });
  return [
    sent('audio_format', 'refused', hello({ audio_format: value })),
    ...['language', 'task', 'model', 'send_last_n_segments', 'word_timestamps', 'hotwords', 'use_vad', 'uid'].map(
      (name) => sent(name, 'ignored', hello({ [name]: value })),
    ),
    sent('unknown field', 'ignored', hello({ [String(value)]: value })),
  ];
}

function elevenlabs(value: unknown): readonly Field[] {
  const chunk = (more: Named): Named => ({ message_type: 'input_audio_chunk', audio_base_64: '', ...more });
  return [
    ...['commit_strategy', 'vad_silence_threshold_secs', 'audio_format', 'language_code', 'include_timestamps'].map(
      (name) => query(name, 'refused', value),
    ),
    ...['model_id', 'keyterms', 'vad_threshold', 'enable_logging', String(value)].map((name) =>
      query(name, 'ignored', value),
    ),
    sent('message_type', 'refused', { message_type: value }),
    sent('sample_rate', 'refused', chunk({ sample_rate: value })),
    sent('audio_base_64', 'refused', chunk({ audio_base_64: { [String(value)]: value } })),
    sent('others', 'ignored', chunk({ commit: value, previous_text: value, [String(value)]: value })),
  ];
}

function soniox(value: unknown): readonly Field[] {
  const config = (more: Named): Named => ({ model: 'stt-rt', audio_format: 'pcm_s16le', ...more });
  const format = { sample_rate: 16_000, num_channels: 1 };
  return [
    sent('audio_format', 'refused', config({ audio_format: value })),
    sent('sample_rate', 'refused', config({ sample_rate: value, num_channels: 1 })),
    sent('num_channels', 'refused', config({ sample_rate: 16_000, num_channels: value })),
    ...['language_hints', 'enable_endpoint_detection', 'enable_language_identification', 'translation'].map((name) =>
      sent(name, 'refused', config({ ...format, [name]: value })),
    ),
    sent('hint', 'refused', config({ ...format, language_hints: [value] })),
    sent(
      'others',
      'ignored',
      config({ ...format, context: value, model: value, api_key: value, [String(value)]: value }),
    ),
    sent('type', 'refused', config(format), { type: value }),
  ];
}

function whisperLiveKit(value: unknown): readonly Field[] {
  return [
    query('mode', 'refused', value),
    query('language', 'refused', value),
    query(String(value), 'ignored', value),
    sent('text', 'refused', { type: value }),
  ];
}

const SAMPLES = { encoding: 'linear16', sample_rate: '16000' };
const float = (audio: Buffer): Buffer =>
  Buffer.from(Float32Array.from(new Int16Array(Uint8Array.from(audio).buffer), (each) => each / 32_768).buffer);
const whisperRest = (audio: Buffer): readonly (string | Buffer)[] => [float(audio), 'END_OF_AUDIO'];
/** vosk-server has no word for an error: it closes, and the reason is the fault. */
const isFaultCode = (text: string): boolean => has(text, /^(command|audio|frame)\.[a-z]+$/);
const isWhisperError = (text: string): boolean => has(text, /"status":"(ERROR|WARNING)"/) || isFaultCode(text);

/** Every WebSocket endpoint there is, by its path. */
export const SOCKET_ENDPOINTS: readonly SocketEndpoint[] = [
  {
    ...{ path: '/v1/stream', query: {}, subprotocols: ['sotto.v1'], fields: native },
    rest: (audio) => [audio, json({ type: 'finish' })],
    isError: (text) => has(text, /"type":"fault","code":"(command|audio|model|frame)\./),
  },
  {
    ...{ path: '/v1/listen', query: SAMPLES, fields: deepgram },
    rest: (audio) => [audio, json({ type: 'CloseStream' })],
    isError: (text) => has(text, /"err_code":"Bad Request","err_msg":/) || has(text, /^DATA-0000: /),
  },
  {
    ...{ path: '/v2/listen', query: { ...SAMPLES, model: 'flux-general-en' }, fields: flux },
    rest: (audio) => [audio, json({ type: 'CloseStream' })],
    isError: (text) =>
      has(text, /"err_code":"Bad Request","err_msg":/) || has(text, /"type":"(Error|ConfigureFailure)"/),
  },
  {
    ...{ path: '/v1/realtime', query: { intent: 'transcription' }, subprotocols: ['realtime'], fields: openai },
    rest: (audio) => [json({ type: 'input_audio_buffer.append', audio: audio.toString('base64') })],
    isError: (text) => has(text, /"error":\{.*"type":"invalid_request_error"/),
  },
  {
    ...{ path: '/v3/ws', query: { sample_rate: '16000' }, fields: assemblyai },
    rest: (audio) => [audio, json({ type: 'Terminate' })],
    isError: (text) => has(text, /"type":"(Error","error_code":|Warning","warning_code":)3\d{3}/),
  },
  {
    ...{ path: '/vosk', query: {}, fields: vosk },
    rest: (audio) => [audio, json({ eof: 1 })],
    isError: isFaultCode,
  },
  {
    ...{ path: '/v1/speech-to-text/realtime', query: { audio_format: 'pcm_16000' }, fields: elevenlabs },
    rest: (audio) => [
      json({ message_type: 'input_audio_chunk', audio_base_64: audio.toString('base64'), commit: true }),
    ],
    isError: (text) => has(text, /"detail":\{"status":"invalid_parameters"|"message_type":"input_error"/),
  },
  {
    ...{ path: '/transcribe-websocket', query: {}, fields: soniox },
    rest: (audio) => [audio, Buffer.alloc(0)],
    isError: (text) => has(text, /"error_code":400,"error_message":/),
  },
  {
    ...{ path: '/asr', query: {}, fields: whisperLiveKit },
    rest: (audio) => [audio, Buffer.alloc(0)],
    isError: (text) => has(text, /"detail":|"status":"error","error":/) || has(text, /"error":"/),
  },
  { path: '/whisper-live', query: {}, fields: whisperLive, rest: whisperRest, isError: isWhisperError },
  { path: '/', query: {}, fields: whisperLive, rest: whisperRest, isError: isWhisperError },
];
