import { type Configure, describeValue, Fault, type Start } from '../../protocol/index.ts';
import type { EncodedFormat } from '../ports/dialect.ts';
import { parseEncodedFormat, parseRawFormat } from './deepgram-audio.ts';
import { refuseHarmfulOptions } from './deepgram-query.ts';
import { limitVocabulary } from './limit-vocabulary.ts';

/** What a Flux client may change while its stream runs. */
export interface FluxSettings {
  readonly eotThreshold: number;
  /** Undefined: no `EagerEndOfTurn`. */
  readonly eagerEotThreshold: number | undefined;
  readonly eotTimeoutMs: number;
  readonly keyterms: readonly string[];
  readonly languageHints: readonly string[];
}

/** What a Flux client requested in its URL. */
export interface FluxOptions {
  readonly start: Start;
  /** Set when the audio is compressed. */
  readonly encoded: EncodedFormat | undefined;
  readonly settings: FluxSettings;
  /** `flux-general-multi`: every turn names its language. */
  readonly isMultilingual: boolean;
}

const EOT_THRESHOLD = 0.7;
const EOT_TIMEOUT_MS = 5_000;
const RANGES = {
  eot_threshold: [0.5, 1],
  eager_eot_threshold: [0.3, 0.9],
  eot_timeout_ms: [500, 60_000],
} as const;
const LANGUAGES_MAX = 20;
/** A longer silence would be cut where a decode window ends. */
const TIMEOUT_MS_MAX = 10_000;

/** Parses the query of `/v2/listen`. Unknown keys are ignored. Throws `command.option` and `audio.format`. */
export function parseFluxOptions(url: string): FluxOptions {
  const query = new URLSearchParams(url.split('?')[1] ?? '');
  refuseHarmfulOptions(query);
  const model = query.get('model') ?? '';
  if (!model.startsWith('flux-')) {
    const want = 'flux-general-en or flux-general-multi; other models are served at /v1/listen';
    throw new Fault('command.option', { name: 'model', got: model === '' ? '(none)' : describeValue(model), want });
  }
  const isMultilingual = model.includes('multi');
  const encoded = parseEncodedFormat(query, { channels: 1, layout: 'mix' });
  const settings: FluxSettings = {
    eotThreshold: parseNumber('eot_threshold', query.get('eot_threshold')) ?? EOT_THRESHOLD,
    eagerEotThreshold: parseNumber('eager_eot_threshold', query.get('eager_eot_threshold')),
    eotTimeoutMs: parseNumber('eot_timeout_ms', query.get('eot_timeout_ms')) ?? EOT_TIMEOUT_MS,
    keyterms: query.getAll('keyterm'),
    languageHints: isMultilingual ? parseLanguages(query.getAll('language_hint')) : [],
  };
  return {
    start: {
      type: 'start',
      ...(encoded === undefined ? { audio: { ...parseRawFormat(query, 1), channelMode: 'mix' as const } } : {}),
      partials: { mode: 'revisable' },
      // A turn is sent as it was heard: its text may not change once its end was announced.
      cleanup: { mode: 'off' },
      language: isMultilingual ? 'auto' : 'en',
      ...toSessionSettings(settings),
    },
    encoded,
    settings,
    isMultilingual,
  };
}

/** The settings after a `Configure`: what it does not mention stays. Throws `command.option`. */
export function parseConfigure(
  fields: Readonly<Record<string, unknown>>,
  before: FluxSettings,
  isMultilingual: boolean,
): FluxSettings {
  const thresholds = fields['thresholds'] ?? {};
  if (typeof thresholds !== 'object')
    throw new Fault('command.option', { name: 'thresholds', got: describeValue(thresholds), want: 'an object' });
  const { eot_threshold, eager_eot_threshold, eot_timeout_ms } = thresholds as Readonly<Record<string, unknown>>;
  const eager = parseNumber('eager_eot_threshold', eager_eot_threshold);
  const { keyterms, language_hints } = fields;
  const hints = parseStrings('language_hints', language_hints);
  return {
    eotThreshold: parseNumber('eot_threshold', eot_threshold) ?? before.eotThreshold,
    // Null turns it off.
    eagerEotThreshold: eager_eot_threshold === null ? undefined : (eager ?? before.eagerEotThreshold),
    eotTimeoutMs: parseNumber('eot_timeout_ms', eot_timeout_ms) ?? before.eotTimeoutMs,
    keyterms: parseStrings('keyterms', keyterms) ?? before.keyterms,
    languageHints: hints === undefined || !isMultilingual ? before.languageHints : parseLanguages(hints),
  };
}

/** Flux's settings as our session knows them. */
export function toSessionSettings(settings: FluxSettings): Omit<Configure, 'type'> {
  const { eotThreshold, eagerEotThreshold, eotTimeoutMs, keyterms, languageHints } = settings;
  return {
    endpoint: {
      confidence: eotThreshold,
      eagerConfidence: eagerEotThreshold ?? null,
      gapMs: Math.min(eotTimeoutMs, TIMEOUT_MS_MAX),
    },
    vocabulary: [],
    ...limitVocabulary(keyterms),
    languages: [...languageHints],
  };
}

/** In a URL a number is a text. Undefined where there is none. */
function parseNumber(name: keyof typeof RANGES, value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const [min, max] = RANGES[name];
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number === 'number' && number >= min && number <= max)
    return Number.isInteger(min) ? Math.round(number) : number;
  throw new Fault('command.option', { name, got: describeValue(value), want: `${min} to ${max}` });
}

function parseStrings(name: string, value: unknown): string[] | undefined {
  if (value === undefined || value === null) return undefined;
  const list: unknown[] = typeof value === 'string' ? [value] : Array.isArray(value) ? value : [undefined];
  if (list.every((each) => typeof each === 'string')) return list;
  throw new Fault('command.option', { name, got: describeValue(value), want: 'an array of strings' });
}

/** `en-US` becomes `en`. */
function parseLanguages(hints: readonly string[]): string[] {
  // Each message repeats them.
  return hints.slice(0, LANGUAGES_MAX).map((hint) => {
    const language = hint.split(/[-_]/)[0]!.toLowerCase();
    if (/^[a-z]{2,3}$/.test(language)) return language;
    const want = 'language tags such as en or pt-BR';
    throw new Fault('command.option', { name: 'language_hint', got: describeValue(hint), want });
  });
}
