import { BYTES_PER_SAMPLE, Fault, type Start } from '../../protocol/index.ts';
import type { EncodedFormat } from '../ports/dialect.ts';
import { parseEncodedFormat, parseRawFormat } from './deepgram-audio.ts';
import { readInteger, refuseHarmfulOptions } from './deepgram-query.ts';
import { parseReplacements, type Replacement } from './deepgram-replace.ts';
import { limitVocabulary } from './limit-vocabulary.ts';

/** What a Deepgram client requested in its URL. */
export interface DeepgramOptions {
  readonly start: Start;
  /** Set when the audio is compressed. */
  readonly encoded: EncodedFormat | undefined;
  /** Of raw samples; compressed audio has no such number. */
  readonly bytesPerMs: number;
  /** Channels transcribed separately. */
  readonly channels: number;
  readonly interim: boolean;
  /** Whether the text has capitals and punctuation. */
  readonly punctuated: boolean;
  /** Whether `speech_final` may ever be true. */
  readonly endpointing: boolean;
  readonly speechEvents: boolean;
  /** Whether finals are sent cleaned, and interim results without hesitations. */
  readonly cleaned: boolean;
  readonly replacements: readonly Replacement[];
  /** Whether every result names its language. */
  readonly includesLanguage: boolean;
}

/** Shortest silence that can be told from a breath; Deepgram's own default of 10 ms means "as soon as possible". */
const ENDPOINT_MS_MIN = 100;

/**
 * Parses the query of `/v1/listen`. Unknown keys are ignored, as Deepgram does. Throws `command.option` and
 * `audio.format`.
 */
export function parseDeepgramOptions(url: string): DeepgramOptions {
  const query = new URLSearchParams(url.split('?')[1] ?? '');
  const isTrue = (name: string): boolean => query.get(name) === 'true';
  refuseHarmfulOptions(query);
  const interim = isTrue('interim_results');
  const channels = readInteger(query, 'channels', [1, 8]) ?? 1;
  const encoded = parseEncodedFormat(query, { channels, layout: isTrue('multichannel') ? 'separate' : 'mix' });
  const isSeparate = isTrue('multichannel') && channels > 1;
  const audio = encoded === undefined ? parseRawFormat(query, channels) : undefined;
  const endpointing = query.get('endpointing');
  const cleanup = parseCleanup(query);
  const endpointMs = /^\d+$/.test(endpointing ?? '') ? Number(endpointing) : 0;
  const gapMs = interim ? readInteger(query, 'utterance_end_ms', [1_000, 60_000]) : undefined;
  return {
    start: {
      type: 'start',
      ...(audio === undefined ? {} : { audio: { ...audio, channelMode: isSeparate ? 'separate' : 'mix' } }),
      partials: { mode: interim ? 'revisable' : 'off' },
      cleanup,
      ...parseLanguage(query.get('language')),
      ...limitVocabulary(collectTerms(query)),
      endpoint: {
        ...(endpointMs >= ENDPOINT_MS_MIN ? { minMs: Math.min(endpointMs, 5_000) } : {}),
        ...(gapMs === undefined ? {} : { gapMs }),
      },
    },
    encoded,
    bytesPerMs: audio === undefined ? 0 : (BYTES_PER_SAMPLE[audio.encoding] * channels * audio.sampleRate) / 1_000,
    channels: isSeparate ? channels : 1,
    interim,
    punctuated: isTrue('punctuate') || isTrue('smart_format'),
    endpointing: endpointing !== 'false',
    speechEvents: isTrue('vad_events'),
    cleaned: cleanup.mode !== 'off',
    replacements: parseReplacements(query.getAll('replace')),
    includesLanguage: query.get('language') === 'multi',
  };
}

/** The options of a request to transcribe a whole recording. */
export interface DeepgramFileOptions {
  readonly start: Start;
  readonly layout: 'mix' | 'separate';
  readonly punctuated: boolean;
  readonly utterances: boolean;
  readonly paragraphs: boolean;
  /** Whether the response names the language. */
  readonly detectsLanguage: boolean;
  readonly cleaned: boolean;
  readonly replacements: readonly Replacement[];
}

/** Parses the query of `POST /v1/listen`: the parameters of the live endpoint that make sense for a recording. */
export function parseDeepgramFileOptions(url: string): DeepgramFileOptions {
  const query = new URLSearchParams(url.split('?')[1] ?? '');
  const isTrue = (name: string): boolean => query.get(name) === 'true';
  refuseHarmfulOptions(query);
  const cleanup = parseCleanup(query);
  const detectsLanguage = query.has('detect_language') && query.get('detect_language') !== 'false';
  const language = query.get('language');
  return {
    start: {
      type: 'start',
      partials: { mode: 'off' },
      cleanup,
      ...(detectsLanguage && language === null ? { language: 'auto' } : parseLanguage(language)),
      ...limitVocabulary(collectTerms(query)),
    },
    layout: isTrue('multichannel') ? 'separate' : 'mix',
    punctuated: isTrue('punctuate') || isTrue('smart_format') || isTrue('paragraphs'),
    utterances: isTrue('utterances'),
    paragraphs: isTrue('paragraphs') || isTrue('smart_format'),
    detectsLanguage: detectsLanguage || language === 'multi',
    cleaned: cleanup.mode !== 'off',
    replacements: parseReplacements(query.getAll('replace')),
  };
}

/** The values of `cleanup` that a client may name. */
const CLEANUP_MODES = ['default', 'llm', 'openai', 'rules', 'off'] as const;

/**
 * Without `filler_words=true` a transcript has no "um". The rules ensure that at once; a model, which finals would have
 * to wait for, is for those who ask with `extra=cleanup:llm`.
 */
function parseCleanup(query: URLSearchParams): { readonly mode: (typeof CLEANUP_MODES)[number] } {
  const requested = query.getAll('extra').find((value) => value.startsWith('cleanup:'));
  const mode = CLEANUP_MODES.find((each) => `cleanup:${each}` === requested);
  return { mode: mode ?? (query.get('filler_words') === 'true' ? 'off' : 'rules') };
}

/**
 * Terms with the highest boost come first, because only so many are taken; a boost of zero or less means not to expect
 * the word.
 */
function collectTerms(query: URLSearchParams): string[] {
  const keywords = query.getAll('keywords').map((keyword) => {
    const [, term = keyword, boost = '1'] = /^(.+):(-?[\d.]+)$/.exec(keyword) ?? [];
    return { term, boost: Number(boost) };
  });
  const wanted = keywords.filter(({ boost }) => boost > 0).sort((a, b) => b.boost - a.boost);
  return [...query.getAll('keyterm'), ...wanted.map(({ term }) => term)];
}

/** `en-US` becomes `en`, `multi` our `auto`; without a language, the server's default applies. */
function parseLanguage(text: string | null): Pick<Start, 'language'> {
  if (text === null || text === '') return {};
  if (text === 'multi') return { language: 'auto' };
  const language = text.split(/[-_]/)[0]!.toLowerCase();
  if (/^[a-z]{2,3}$/.test(language)) return { language };
  throw new Fault('command.option', { name: 'language', got: text.slice(0, 40), want: 'a language tag such as en-US' });
}
