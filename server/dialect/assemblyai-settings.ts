import {
  type Configure,
  describeValue,
  type Encoding,
  Fault,
  getOwnEntry,
  parseJson,
  type Start,
} from '../../protocol/index.ts';
import type { AudioKind } from '../ports/decoder.ts';
import type { EncodedFormat } from '../ports/dialect.ts';
import { limitVocabulary } from './limit-vocabulary.ts';

/** What an AssemblyAI client requested, in its URL or later. */
export interface AssemblyAiSettings {
  readonly change: Pick<Configure, 'endpoint' | 'vocabulary' | 'language' | 'languages' | 'cleanup'>;
  /** Whether each turn is sent again with capitals and punctuation; undefined leaves it as it was. */
  readonly formatTurns: boolean | undefined;
}

/** The settings a session starts with. */
export interface AssemblyAiStart {
  readonly start: Start;
  readonly formatTurns: boolean;
  /** Set when the audio is compressed. */
  readonly encoded: EncodedFormat | undefined;
}

const ENCODINGS: Readonly<Record<string, Encoding>> = { pcm_s16le: 'pcm_s16le', pcm_mulaw: 'mulaw' };
/** These formats describe themselves, except for bare Opus packets. */
const COMPRESSED: Readonly<Record<string, AudioKind>> = { opus: 'opus-packets', ogg_opus: 'opus', aac: 'aac' };
const WANT = `encoding=${[...Object.keys(ENCODINGS), ...Object.keys(COMPRESSED)].join(', ')}`;
/** The silences a session accepts; values outside are clamped. */
const MIN_SILENCE_MS = [100, 5_000] as const;
const MAX_SILENCE_MS = [200, 10_000] as const;

/**
 * Parses the query of `/v3/ws`. Throws `command.option` and `audio.format`. Unknown keys are ignored, as AssemblyAI
 * does.
 */
export function parseStart(url: string): AssemblyAiStart {
  const query = new URLSearchParams(url.split('?')[1] ?? '');
  const name = query.get('encoding') ?? 'pcm_s16le';
  const kind = getOwnEntry(COMPRESSED, name);
  const encoding = getOwnEntry(ENCODINGS, name);
  if (kind === undefined && encoding === undefined)
    throw new Fault('audio.format', { got: name.slice(0, 40), want: WANT });
  const sampleRate = Number(query.get('sample_rate') ?? (kind === undefined ? Number.NaN : 48_000));
  if (!Number.isInteger(sampleRate) || sampleRate < 8_000 || sampleRate > 48_000) {
    const got = (query.get('sample_rate') ?? '(none)').slice(0, 40);
    throw new Fault('command.option', { name: 'sample_rate', got, want: '8000 to 48000' });
  }
  const { change, formatTurns = false } = parseSettings(Object.fromEntries([...query].map(parseQueryValue)));
  return {
    start: {
      type: 'start',
      ...(encoding === undefined ? {} : { audio: { encoding, sampleRate, channels: 1, channelMode: 'mix' as const } }),
      partials: { mode: 'revisable' },
      ...change,
      cleanup: { mode: formatTurns ? 'default' : 'off' },
    },
    formatTurns,
    encoded: kind === undefined ? undefined : { kind, layout: 'mix', raw: { sampleRate, channels: 1 }, want: WANT },
  };
}

/** Parses the fields of `UpdateConfiguration`. Throws `command.option`. */
export function parseSettings(fields: Readonly<Record<string, unknown>>): AssemblyAiSettings {
  const formatTurns = readBoolean(fields, 'format_turns');
  return {
    change: {
      ...parseEndpoint(fields),
      ...parseLanguage(fields),
      ...(fields['keyterms_prompt'] === undefined ? {} : limitVocabulary(readStrings(fields, 'keyterms_prompt'))),
      ...(formatTurns === undefined ? {} : { cleanup: { mode: formatTurns ? 'default' : 'off' } }),
    },
    formatTurns,
  };
}

/** Converts a query value to the type the same field has in a message. */
function parseQueryValue([name, text]: [string, string]): [string, unknown] {
  if (/^(true|false)$/i.test(text)) return [name, text.toLowerCase() === 'true'];
  if (/^\d+(\.\d+)?$/.test(text)) return [name, Number(text)];
  if (!text.startsWith('[')) return [name, text];
  try {
    return [name, parseJson(text)];
  } catch {
    return [name, text];
  }
}

function parseEndpoint(fields: Readonly<Record<string, unknown>>): Pick<Configure, 'endpoint'> {
  const min =
    readMilliseconds(fields, 'min_turn_silence', MIN_SILENCE_MS) ??
    readMilliseconds(fields, 'min_end_of_turn_silence_when_confident', MIN_SILENCE_MS);
  const max = readMilliseconds(fields, 'max_turn_silence', MAX_SILENCE_MS);
  if (min === undefined && max === undefined) return {};
  return {
    endpoint: {
      ...(min === undefined ? {} : { minMs: min }),
      ...(max === undefined ? {} : { maxMs: Math.max(min ?? 0, max) }),
    },
  };
}

/** Without a language, the server's default applies; several are a choice for each utterance. */
function parseLanguage(fields: Readonly<Record<string, unknown>>): Pick<Configure, 'language' | 'languages'> {
  const codes =
    fields['language_codes'] !== undefined
      ? readStrings(fields, 'language_codes')
      : fields['language_code'] !== undefined
        ? [describeValue(fields['language_code'])]
        : undefined;
  if (codes === undefined) return readBoolean(fields, 'language_detection') === true ? { language: 'auto' } : {};
  const languages = codes.map((code) => code.split(/[-_]/)[0]!.toLowerCase()).filter((code) => code !== 'multi');
  for (const [index, code] of languages.entries())
    if (!/^[a-z]{2,3}$/.test(code))
      throw createOptionFault('language_codes', codes[index], 'language codes such as en');
  if (languages.length === 1) return { language: languages[0]!, languages: [] };
  return { language: 'auto', languages: languages.slice(0, 20) };
}

function readMilliseconds(
  fields: Readonly<Record<string, unknown>>,
  name: string,
  [least, most]: readonly [number, number],
): number | undefined {
  const value = getOwnEntry(fields, name);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || value < 0) throw createOptionFault(name, value, 'milliseconds');
  return Math.round(Math.min(most, Math.max(least, value)));
}

function readBoolean(fields: Readonly<Record<string, unknown>>, name: string): boolean | undefined {
  const value = getOwnEntry(fields, name);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw createOptionFault(name, value, 'true or false');
  return value;
}

function readStrings(fields: Readonly<Record<string, unknown>>, name: string): string[] {
  const value = getOwnEntry(fields, name);
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  throw createOptionFault(name, value, 'an array of strings');
}

function createOptionFault(name: string, value: unknown, want: string): Fault {
  return new Fault('command.option', { name, got: describeValue(value), want });
}
