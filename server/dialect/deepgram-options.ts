import { BYTES_PER_SAMPLE, type Encoding, Fault, getOwnEntry, hasOwnKey, type Start } from '../../protocol/index.ts';
import type { AudioKind } from '../ports/decoder.ts';
import type { EncodedFormat } from '../ports/dialect.ts';
import { parseReplacements, type Replacement } from './deepgram-replace.ts';
import { limitVocabulary } from './limit-vocabulary.ts';

/** What a Deepgram client asked for in its URL. */
export interface DeepgramOptions {
  readonly start: Start;
  /** Set when the audio is compressed. */
  readonly encoded: EncodedFormat | undefined;
  /** Of samples; compressed audio has no such number. */
  readonly bytesPerMs: number;
  /** Channels transcribed apart. */
  readonly channels: number;
  readonly interim: boolean;
  /** Whether text has capitals and punctuation. */
  readonly punctuated: boolean;
  /** Whether `speech_final` may ever be true. */
  readonly endpointing: boolean;
  readonly speechEvents: boolean;
  readonly utteranceEndMs: number | undefined;
  /** Whether finals go out cleaned, and what is shown before them without hesitations. */
  readonly cleaned: boolean;
  readonly replacements: readonly Replacement[];
  /** Whether every result tells its language. */
  readonly tellsLanguage: boolean;
}

const ENCODINGS: Readonly<Record<string, Encoding>> = {
  linear16: 'pcm_s16le',
  linear32: 'pcm_f32le',
  mulaw: 'mulaw',
  alaw: 'alaw',
};
const COMPRESSED: Readonly<Record<string, AudioKind>> = { opus: 'opus-packets', 'ogg-opus': 'opus', flac: 'flac' };
/** Shortest silence we can tell from a breath; Deepgram's own default of 10 ms means "as soon as you can". */
const ENDPOINT_MS_MIN = 100;

/** Reads the query of `/v1/listen`. Unknown keys are ignored, as there. Throws `command.option` and `audio.format`. */
export function parseDeepgramOptions(url: string): DeepgramOptions {
  const query = new URLSearchParams(url.split('?')[1] ?? '');
  const is = (name: string): boolean => query.get(name) === 'true';
  refuseWhatWouldHarm(query);
  const interim = is('interim_results');
  const channels = integer(query, 'channels', [1, 8]) ?? 1;
  const encoded = encodedOf(query, channels);
  const apart = is('multichannel') && channels > 1;
  const audio = encoded === undefined ? rawOf(query, channels) : undefined;
  const endpointing = query.get('endpointing');
  const cleanup = cleanupOf(query);
  const endpointMs = /^\d+$/.test(endpointing ?? '') ? Number(endpointing) : 0;
  return {
    start: {
      type: 'start',
      ...(audio === undefined ? {} : { audio: { ...audio, channelMode: apart ? 'separate' : 'mix' } }),
      partials: { mode: interim ? 'revisable' : 'off' },
      cleanup,
      ...languageOf(query.get('language')),
      ...limitVocabulary(termsOf(query)),
      ...(endpointMs >= ENDPOINT_MS_MIN ? { endpoint: { minMs: Math.min(endpointMs, 5_000) } } : {}),
    },
    encoded,
    bytesPerMs: audio === undefined ? 0 : (BYTES_PER_SAMPLE[audio.encoding] * channels * audio.sampleRate) / 1_000,
    channels: apart ? channels : 1,
    interim,
    punctuated: is('punctuate') || is('smart_format'),
    endpointing: endpointing !== 'false',
    speechEvents: is('vad_events'),
    utteranceEndMs: interim ? integer(query, 'utterance_end_ms', [1_000, 60_000]) : undefined,
    cleaned: cleanup.mode !== 'off',
    replacements: parseReplacements(query.getAll('replace')),
    tellsLanguage: query.get('language') === 'multi',
  };
}

/** What was asked of a whole recording. */
export interface DeepgramFileOptions {
  readonly start: Start;
  readonly layout: 'mix' | 'separate';
  readonly punctuated: boolean;
  readonly utterances: boolean;
  readonly paragraphs: boolean;
  /** Whether the language is told. */
  readonly detects: boolean;
  readonly cleaned: boolean;
  readonly replacements: readonly Replacement[];
}

/** Reads the query of `POST /v1/listen`: the live one's words, as far as they make sense for a recording. */
export function parseDeepgramFileOptions(url: string): DeepgramFileOptions {
  const query = new URLSearchParams(url.split('?')[1] ?? '');
  const is = (name: string): boolean => query.get(name) === 'true';
  refuseWhatWouldHarm(query);
  const cleanup = cleanupOf(query);
  const detects = query.has('detect_language') && query.get('detect_language') !== 'false';
  const language = query.get('language');
  return {
    start: {
      type: 'start',
      partials: { mode: 'off' },
      cleanup,
      ...(detects && language === null ? { language: 'auto' } : languageOf(language)),
      ...limitVocabulary(termsOf(query)),
    },
    layout: is('multichannel') ? 'separate' : 'mix',
    punctuated: is('punctuate') || is('smart_format') || is('paragraphs'),
    utterances: is('utterances'),
    paragraphs: is('paragraphs') || is('smart_format'),
    detects: detects || language === 'multi',
    cleaned: cleanup.mode !== 'off',
    replacements: parseReplacements(query.getAll('replace')),
  };
}

/** Nothing is sent to an address that a stranger names, and nobody may believe that secrets were taken out. */
function refuseWhatWouldHarm(query: URLSearchParams): void {
  if (query.has('callback')) {
    const want = 'none: answers come on this connection';
    throw new Fault('command.option', { name: 'callback', got: '(a URL)', want });
  }
  const redact = query.getAll('redact').find((value) => value !== '' && value !== 'false');
  if (redact !== undefined)
    throw new Fault('command.option', { name: 'redact', got: redact.slice(0, 40), want: 'none: it is not available' });
}

/** How finals are cleaned where a session is told `cleanup` by name. */
const CLEANUPS = ['default', 'llm', 'openai', 'rules', 'off'] as const;

/**
 * Without `filler_words=true` there is no "um" in a transcript. The rules see to that at once; a model, which finals would
 * have to wait for, is for those who ask with `extra=cleanup:llm`.
 */
function cleanupOf(query: URLSearchParams): { readonly mode: (typeof CLEANUPS)[number] } {
  const asked = query.getAll('extra').find((value) => value.startsWith('cleanup:'));
  const mode = CLEANUPS.find((each) => `cleanup:${each}` === asked);
  return { mode: mode ?? (query.get('filler_words') === 'true' ? 'off' : 'rules') };
}

/** Those with the highest boost come first, for only so many are taken; a boost below nothing is for words not to expect. */
function termsOf(query: URLSearchParams): string[] {
  const keywords = query.getAll('keywords').map((keyword) => {
    const [, term = keyword, boost = '1'] = /^(.+):(-?[\d.]+)$/.exec(keyword) ?? [];
    return { term, boost: Number(boost) };
  });
  const wanted = keywords.filter(({ boost }) => boost > 0).sort((a, b) => b.boost - a.boost);
  return [...query.getAll('keyterm'), ...wanted.map(({ term }) => term)];
}

function integer(query: URLSearchParams, name: string, [min, max]: readonly [number, number]): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Fault('command.option', { name, got: text.slice(0, 40), want: `${min} to ${max}` });
}

const WANT = `encoding=${[...Object.keys(ENCODINGS), ...Object.keys(COMPRESSED)].join(', ')}, or a container without it`;

/** Samples as they are. */
function rawOf(query: URLSearchParams, channels: number) {
  const text = query.get('encoding') ?? '';
  const encoding = getOwnEntry(ENCODINGS, text);
  if (encoding === undefined) throw new Fault('audio.format', { got: text.slice(0, 40), want: WANT });
  const sampleRate = integer(query, 'sample_rate', [8_000, 48_000]);
  if (sampleRate === undefined)
    throw new Fault('command.option', { name: 'sample_rate', got: '(none)', want: '8000 to 48000' });
  return { encoding, sampleRate, channels };
}

/** Packets of Opus, or a container, of which the first bytes tell the kind. */
function encodedOf(query: URLSearchParams, channels: number): EncodedFormat | undefined {
  const text = query.get('encoding') ?? '';
  if (text !== '' && !hasOwnKey(COMPRESSED, text)) return undefined;
  const sampleRate = integer(query, 'sample_rate', [8_000, 48_000]) ?? 48_000;
  const layout = query.get('multichannel') === 'true' ? 'separate' : 'mix';
  return {
    kind: getOwnEntry(COMPRESSED, text),
    layout,
    raw: { sampleRate, channels: Math.min(2, channels) },
    want: WANT,
  };
}

/** `en-US` is `en`; `multi` is our `auto`; no wish is the server's own language. */
function languageOf(text: string | null): Pick<Start, 'language'> {
  if (text === null || text === '') return {};
  if (text === 'multi') return { language: 'auto' };
  const language = text.split(/[-_]/)[0]!.toLowerCase();
  if (/^[a-z]{2,3}$/.test(language)) return { language };
  throw new Fault('command.option', { name: 'language', got: text.slice(0, 40), want: 'a language tag such as en-US' });
}
