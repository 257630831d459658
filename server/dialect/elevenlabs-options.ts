import { describeValue, type Encoding, Fault, getOwnEntry, type Start } from '../../protocol/index.ts';
import { limitVocabulary } from './limit-vocabulary.ts';
import { parseLanguages } from './openai-file-options.ts';

/** The query of `/v1/speech-to-text/realtime`. */
export interface ElevenLabsOptions {
  readonly modelId: string;
  /** Undefined when the first chunk of audio names its sample rate. */
  readonly format: { readonly name: string; readonly encoding: Encoding; readonly sampleRate: number } | undefined;
  /** What ends a segment: the client's word, or silence. */
  readonly commitStrategy: 'manual' | 'vad';
  /** Silence that ends a segment with `vad`, seconds. */
  readonly silenceSeconds: number;
  readonly language: string | undefined;
  readonly timestamps: boolean;
  readonly languageDetection: boolean;
  readonly settings: Pick<Start, 'language' | 'languages' | 'vocabulary' | 'endpoint'>;
}

const FORMATS: Readonly<Record<string, readonly [Encoding, number]>> = {
  pcm_8000: ['pcm_s16le', 8_000],
  pcm_16000: ['pcm_s16le', 16_000],
  pcm_22050: ['pcm_s16le', 22_050],
  pcm_24000: ['pcm_s16le', 24_000],
  pcm_44100: ['pcm_s16le', 44_100],
  pcm_48000: ['pcm_s16le', 48_000],
  ulaw_8000: ['mulaw', 8_000],
};
const SILENCE_SECONDS = { min: 0.3, max: 3, default: 1.5 } as const;

/** Unknown names are ignored. Throws `command.option` and `audio.format`. */
export function parseElevenLabsOptions(url: string): ElevenLabsOptions {
  const query = new URLSearchParams(url.split('?')[1] ?? '');
  const commitStrategy = query.get('commit_strategy') || 'manual';
  if (commitStrategy !== 'manual' && commitStrategy !== 'vad')
    throw createOptionFault('commit_strategy', commitStrategy, 'manual or vad');
  const silenceSeconds = Number(query.get('vad_silence_threshold_secs') || SILENCE_SECONDS.default);
  if (!(silenceSeconds >= SILENCE_SECONDS.min && silenceSeconds <= SILENCE_SECONDS.max))
    throw createOptionFault('vad_silence_threshold_secs', query.get('vad_silence_threshold_secs'), '0.3 to 3');
  const silenceMs = Math.round(silenceSeconds * 1_000);
  const language = query.get('language_code') || undefined;
  return {
    modelId: (query.get('model_id') ?? '').slice(0, 80),
    format: parseFormat(query.get('audio_format')),
    commitStrategy,
    silenceSeconds,
    language,
    timestamps: readBoolean(query, 'include_timestamps'),
    languageDetection: readBoolean(query, 'include_language_detection'),
    settings: {
      ...parseLanguages(toShortCode(language), query.getAll('secondary_languages').map(toShortCode).filter(isSet)),
      ...limitVocabulary(query.getAll('keyterms')),
      ...(commitStrategy === 'vad' ? { endpoint: { minMs: silenceMs, maxMs: silenceMs } } : {}),
    },
  };
}

const isSet = (code: string | undefined): code is string => code !== undefined;

function parseFormat(name: string | null): ElevenLabsOptions['format'] {
  if (name === null || name === '') return undefined;
  const format = getOwnEntry(FORMATS, name);
  if (format === undefined)
    throw new Fault('audio.format', { got: name.slice(0, 40), want: Object.keys(FORMATS).join(', ') });
  return { name, encoding: format[0], sampleRate: format[1] };
}

function readBoolean(query: URLSearchParams, name: string): boolean {
  const value = query.get(name) || 'false';
  if (!/^(true|false)$/i.test(value)) throw createOptionFault(name, value, 'true or false');
  return value.toLowerCase() === 'true';
}

/** Their codes have two or three letters; `eng` is `en` here. What is no code is left for the next check. */
export function toShortCode(code: string | undefined): string | undefined {
  if (code === undefined || code === '') return undefined;
  try {
    return Intl.getCanonicalLocales(code)[0];
  } catch {
    return code;
  }
}

export function createOptionFault(name: string, value: unknown, want: string): Fault {
  return new Fault('command.option', { name, got: describeValue(value), want });
}
