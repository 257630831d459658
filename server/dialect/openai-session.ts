import { describeValue, type Encoding, Fault, getOwnEntry, hasOwnKey, type Start } from '../../protocol/index.ts';
import { limitVocabulary } from './limit-vocabulary.ts';
import { parseLanguages, splitPromptTerms } from './openai-file-options.ts';

/** How the end of a turn is detected: by silence, or by the client's `commit`. */
export interface TurnDetection {
  readonly type: 'server_vad' | 'semantic_vad';
  readonly threshold?: number | undefined;
  readonly prefix_padding_ms?: number | undefined;
  readonly silence_duration_ms?: number | undefined;
  readonly eagerness?: string | undefined;
}

/** A transcription session's settings, in the current shape. */
export interface RealtimeSettings {
  readonly encoding: Encoding;
  readonly sampleRate: number;
  readonly transcription: Readonly<Record<string, unknown>> | null;
  readonly turnDetection: TurnDetection | null;
  readonly noiseReduction: unknown;
  readonly include: readonly unknown[];
}

export const DEFAULT_REALTIME_SETTINGS: RealtimeSettings = {
  encoding: 'pcm_s16le',
  sampleRate: 24_000,
  transcription: { model: 'gpt-4o-transcribe' },
  turnDetection: { type: 'server_vad', threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 500 },
  noiseReduction: null,
  include: [],
};
/** For `semantic_vad`: silence that ends a turn, ms. */
const EAGERNESS: Readonly<Record<string, number>> = { low: 1_500, medium: 700, auto: 700, high: 400 };
const BETA_FORMATS: Readonly<Record<string, readonly [Encoding, number]>> = {
  pcm16: ['pcm_s16le', 24_000],
  g711_ulaw: ['mulaw', 8_000],
  g711_alaw: ['alaw', 8_000],
};

type RawFields = Readonly<Record<string, unknown>>;
const asObject = (value: unknown): RawFields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as RawFields) : undefined;

/** Applies an update to the current settings; both shapes are accepted from any client. Throws `command.option`. */
export function applySettingsUpdate(current: RealtimeSettings, session: unknown): RealtimeSettings {
  const raw = asObject(session);
  if (raw === undefined) throw createOptionFault('session', session, 'an object');
  const input = asObject(asObject(raw['audio'])?.['input']) ?? {};
  const pick = (currentName: string, betaName: string): unknown =>
    hasOwnKey(input, currentName) ? getOwnEntry(input, currentName) : getOwnEntry(raw, betaName);
  const transcription = pick('transcription', 'input_audio_transcription');
  const turnDetection = pick('turn_detection', 'turn_detection');
  const noiseReduction = pick('noise_reduction', 'input_audio_noise_reduction');
  return {
    ...current,
    ...parseFormat(input['format'] ?? raw['input_audio_format'], current),
    ...(transcription === undefined ? {} : { transcription: asObject(transcription) ?? null }),
    ...(turnDetection === undefined ? {} : { turnDetection: parseTurnDetection(turnDetection) }),
    ...(noiseReduction === undefined ? {} : { noiseReduction }),
    ...(Array.isArray(raw['include']) ? { include: raw['include'].slice(0, 20) } : {}),
  };
}

function parseFormat(format: unknown, current: RealtimeSettings): Pick<RealtimeSettings, 'encoding' | 'sampleRate'> {
  if (format === undefined || format === null) return current;
  if (typeof format === 'string') {
    const known = getOwnEntry(BETA_FORMATS, format);
    if (known === undefined)
      throw createOptionFault('input_audio_format', format, Object.keys(BETA_FORMATS).join(', '));
    return { encoding: known[0], sampleRate: known[1] };
  }
  const { type, rate } = asObject(format) ?? {};
  if (type === 'audio/pcmu') return { encoding: 'mulaw', sampleRate: 8_000 };
  if (type === 'audio/pcma') return { encoding: 'alaw', sampleRate: 8_000 };
  if (type !== 'audio/pcm')
    throw createOptionFault('session.audio.input.format.type', type, 'audio/pcm, audio/pcmu, audio/pcma');
  const sampleRate = rate ?? 24_000;
  if (typeof sampleRate !== 'number' || !Number.isInteger(sampleRate) || sampleRate < 8_000 || sampleRate > 48_000)
    throw createOptionFault('session.audio.input.format.rate', rate, '8000 to 48000');
  return { encoding: 'pcm_s16le', sampleRate };
}

function parseTurnDetection(value: unknown): TurnDetection | null {
  const raw = asObject(value);
  if (raw === undefined) return null;
  const type = raw['type'] ?? 'server_vad';
  if (type !== 'server_vad' && type !== 'semantic_vad')
    throw createOptionFault(
      'session.audio.input.turn_detection.type',
      type,
      'server_vad, semantic_vad, or null for none',
    );
  const number = (name: string, fallback: number): number => {
    const value = getOwnEntry(raw, name);
    return typeof value === 'number' ? value : fallback;
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

function createOptionFault(name: string, got: unknown, want: string): Fault {
  return new Fault('command.option', { name, got: describeValue(got), want });
}

/** The session options they stand for. Throws `command.option`. */
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
    ...toEndpoint(settings.turnDetection),
  };
}

function toEndpoint(turnDetection: TurnDetection | null): Pick<Start, 'endpoint'> {
  if (turnDetection === null) return {};
  const silenceMs =
    turnDetection.type === 'semantic_vad'
      ? (getOwnEntry(EAGERNESS, turnDetection.eagerness ?? '') ?? 700)
      : (turnDetection.silence_duration_ms ?? 500);
  const minMs = Math.round(Math.min(5_000, Math.max(100, silenceMs)));
  return { endpoint: { minMs, maxMs: Math.max(minMs, 200) } };
}

/** The current settings, in the current and the beta shape. */
export function renderSettings(
  settings: RealtimeSettings,
  id: string,
  expiresAt: number,
): { ga: object; beta: object } {
  const { encoding, sampleRate, transcription, turnDetection, noiseReduction, include } = settings;
  const type = encoding === 'mulaw' ? 'audio/pcmu' : encoding === 'alaw' ? 'audio/pcma' : 'audio/pcm';
  const head = { id, object: 'realtime.transcription_session', expires_at: expiresAt, include };
  const format = encoding === 'pcm_s16le' ? { type, rate: sampleRate } : { type };
  return {
    ga: {
      type: 'transcription',
      ...head,
      audio: { input: { format, transcription, noise_reduction: noiseReduction, turn_detection: turnDetection } },
    },
    beta: {
      ...head,
      modalities: ['text'],
      input_audio_format: encoding === 'mulaw' ? 'g711_ulaw' : encoding === 'alaw' ? 'g711_alaw' : 'pcm16',
      input_audio_transcription: transcription,
      input_audio_noise_reduction: noiseReduction,
      turn_detection: turnDetection,
    },
  };
}
