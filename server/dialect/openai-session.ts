import { describeValue, type Encoding, Fault, getOwnEntry, hasOwnKey, type Start } from '../../protocol/index.ts';
import { limitVocabulary } from './limit-vocabulary.ts';
import { parseLanguages, splitPromptTerms } from './openai-file-options.ts';

/** How the end of a turn is told: by silence, or by the client's `commit`. */
export interface TurnDetection {
  readonly type: 'server_vad' | 'semantic_vad';
  readonly threshold?: number | undefined;
  readonly prefix_padding_ms?: number | undefined;
  readonly silence_duration_ms?: number | undefined;
  readonly eagerness?: string | undefined;
}

/** A transcription session's settings, in the shape its newer clients use. */
export interface RealtimeSettings {
  readonly encoding: Encoding;
  readonly sampleRate: number;
  readonly transcription: Readonly<Record<string, unknown>> | null;
  readonly turn: TurnDetection | null;
  readonly noise: unknown;
  readonly include: readonly unknown[];
}

export const DEFAULT_REALTIME_SETTINGS: RealtimeSettings = {
  encoding: 'pcm_s16le',
  sampleRate: 24_000,
  transcription: { model: 'gpt-4o-transcribe' },
  turn: { type: 'server_vad', threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 500 },
  noise: null,
  include: [],
};
/** Of `semantic_vad`: silence that ends a turn, ms. */
const EAGERNESS: Readonly<Record<string, number>> = { low: 1_500, medium: 700, auto: 700, high: 400 };
const BETA_FORMATS: Readonly<Record<string, readonly [Encoding, number]>> = {
  pcm16: ['pcm_s16le', 24_000],
  g711_ulaw: ['mulaw', 8_000],
  g711_alaw: ['alaw', 8_000],
};

type Raw = Readonly<Record<string, unknown>>;
const objectOf = (value: unknown): Raw | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : undefined;

/** What was asked for over what holds; both shapes are read, whoever sends them. Throws `command.option`. */
export function applySettingsUpdate(held: RealtimeSettings, session: unknown): RealtimeSettings {
  const raw = objectOf(session);
  if (raw === undefined) throw wrong('session', session, 'an object');
  const input = objectOf(objectOf(raw['audio'])?.['input']) ?? {};
  const pick = (ours: string, flat: string): unknown =>
    hasOwnKey(input, ours) ? getOwnEntry(input, ours) : getOwnEntry(raw, flat);
  const transcription = pick('transcription', 'input_audio_transcription');
  const turn = pick('turn_detection', 'turn_detection');
  const noise = pick('noise_reduction', 'input_audio_noise_reduction');
  return {
    ...held,
    ...formatOf(input['format'] ?? raw['input_audio_format'], held),
    ...(transcription === undefined ? {} : { transcription: objectOf(transcription) ?? null }),
    ...(turn === undefined ? {} : { turn: turnOf(turn) }),
    ...(noise === undefined ? {} : { noise }),
    ...(Array.isArray(raw['include']) ? { include: raw['include'].slice(0, 20) } : {}),
  };
}

function formatOf(format: unknown, held: RealtimeSettings): Pick<RealtimeSettings, 'encoding' | 'sampleRate'> {
  if (format === undefined || format === null) return held;
  if (typeof format === 'string') {
    const known = getOwnEntry(BETA_FORMATS, format);
    if (known === undefined) throw wrong('input_audio_format', format, Object.keys(BETA_FORMATS).join(', '));
    return { encoding: known[0], sampleRate: known[1] };
  }
  const { type, rate } = objectOf(format) ?? {};
  if (type === 'audio/pcmu') return { encoding: 'mulaw', sampleRate: 8_000 };
  if (type === 'audio/pcma') return { encoding: 'alaw', sampleRate: 8_000 };
  if (type !== 'audio/pcm') throw wrong('session.audio.input.format.type', type, 'audio/pcm, audio/pcmu, audio/pcma');
  const sampleRate = rate ?? 24_000;
  if (typeof sampleRate !== 'number' || !Number.isInteger(sampleRate) || sampleRate < 8_000 || sampleRate > 48_000)
    throw wrong('session.audio.input.format.rate', rate, '8000 to 48000');
  return { encoding: 'pcm_s16le', sampleRate };
}

function turnOf(value: unknown): TurnDetection | null {
  const raw = objectOf(value);
  if (raw === undefined) return null;
  const type = raw['type'] ?? 'server_vad';
  if (type !== 'server_vad' && type !== 'semantic_vad')
    throw wrong('session.audio.input.turn_detection.type', type, 'server_vad, semantic_vad, or null for none');
  const number = (name: string, fallback: number): number => {
    const given = getOwnEntry(raw, name);
    return typeof given === 'number' ? given : fallback;
  };
  if (type === 'semantic_vad')
    return { type, eagerness: typeof raw['eagerness'] === 'string' ? raw['eagerness'] : 'auto' };
  return {
    type,
    threshold: number('threshold', 0.5),
    prefix_padding_ms: number('prefix_padding_ms', 300),
    silence_duration_ms: number('silence_duration_ms', 500),
  };
}

function wrong(name: string, got: unknown, want: string): Fault {
  return new Fault('command.option', { name, got: describeValue(got), want });
}

/** What the session is told of them. Throws `command.option`. */
export function toStartOptions(
  settings: RealtimeSettings,
): Pick<Start, 'language' | 'languages' | 'vocabulary' | 'endpoint'> {
  const { language, languages, prompt, keywords } = settings.transcription ?? {};
  const list = (value: unknown): string[] =>
    Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  return {
    ...parseLanguages(text(language), list(languages)),
    ...limitVocabulary(splitPromptTerms(text(prompt), list(keywords))),
    ...endpointOf(settings.turn),
  };
}

function endpointOf(turn: TurnDetection | null): Pick<Start, 'endpoint'> {
  if (turn === null) return {};
  const silenceMs =
    turn.type === 'semantic_vad'
      ? (getOwnEntry(EAGERNESS, turn.eagerness ?? '') ?? 700)
      : (turn.silence_duration_ms ?? 500);
  const minMs = Math.round(Math.min(5_000, Math.max(100, silenceMs)));
  return { endpoint: { minMs, maxMs: Math.max(minMs, 200) } };
}

/** The settings in force, in the newer shape or the older. */
export function renderSettings(
  settings: RealtimeSettings,
  id: string,
  expiresAt: number,
): { ga: object; beta: object } {
  const { encoding, sampleRate, transcription, turn, noise, include } = settings;
  const type = encoding === 'mulaw' ? 'audio/pcmu' : encoding === 'alaw' ? 'audio/pcma' : 'audio/pcm';
  const head = { id, object: 'realtime.transcription_session', expires_at: expiresAt, include };
  const format = encoding === 'pcm_s16le' ? { type, rate: sampleRate } : { type };
  return {
    ga: {
      type: 'transcription',
      ...head,
      audio: { input: { format, transcription, noise_reduction: noise, turn_detection: turn } },
    },
    beta: {
      ...head,
      modalities: ['text'],
      input_audio_format: encoding === 'mulaw' ? 'g711_ulaw' : encoding === 'alaw' ? 'g711_alaw' : 'pcm16',
      input_audio_transcription: transcription,
      input_audio_noise_reduction: noise,
      turn_detection: turn,
    },
  };
}
