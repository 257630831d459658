import { describeValue, Fault, getOwnEntry, type Start } from '../../protocol/index.ts';
import type { PacketFormat } from '../ports/decoder.ts';
import { limitVocabulary } from './limit-vocabulary.ts';
import { parseLanguages, splitPromptTerms } from './openai-file-options.ts';

/** The first message of a conversation. */
export interface SonioxOptions {
  readonly start: Start;
  /** Set for bare samples; undefined for audio in a container. */
  readonly samples: PacketFormat | undefined;
  /** Whether the end of an utterance is told. */
  readonly endpoints: boolean;
  /** Whether tokens have their language. */
  readonly languages: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** Formats in containers, which are detected by their bytes whatever their name. */
const CONTAINERS = ['auto', 'aac', 'aiff', 'amr', 'asf', 'flac', 'mp3', 'ogg', 'wav', 'webm'];
const CHANNELS_MAX = 8;
const HINTS_MAX = 20;

/** `api_key` is not read here, and unknown fields are ignored. Throws `command.option` and `audio.format`. */
export function parseSonioxOptions(fields: Fields): SonioxOptions {
  if (fields['translation'] !== undefined && fields['translation'] !== null)
    throw new Fault('command.option', { name: 'translation', got: 'a wish', want: 'no translation' });
  const hints = fields['language_hints'] ?? [];
  if (!Array.isArray(hints) || !hints.every((hint) => typeof hint === 'string') || hints.length > HINTS_MAX)
    throw createOptionFault('language_hints', hints, `up to ${HINTS_MAX} language codes`);
  return {
    start: {
      type: 'start',
      partials: { mode: 'revisable' },
      // A final token is never replaced there, so cleaning would serve nobody.
      cleanup: { mode: 'off' },
      ...parseLanguages(undefined, hints),
      ...limitVocabulary(readTerms(fields['context'])),
    },
    samples: parseSamples(fields),
    endpoints: readBoolean(fields, 'enable_endpoint_detection'),
    languages: readBoolean(fields, 'enable_language_identification'),
  };
}

function parseSamples(fields: Fields): PacketFormat | undefined {
  const format = describeValue(fields['audio_format'] ?? 'auto');
  if (CONTAINERS.includes(format)) return undefined;
  if (format !== 'pcm_s16le')
    throw new Fault('audio.format', { got: format.slice(0, 40), want: `pcm_s16le, ${CONTAINERS.join(', ')}` });
  return {
    sampleRate: readInteger(fields, 'sample_rate', [8_000, 48_000]),
    channels: readInteger(fields, 'num_channels', [1, CHANNELS_MAX]),
  };
}

function readInteger(fields: Fields, name: string, [min, max]: readonly [number, number]): number {
  const value = getOwnEntry(fields, name);
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw createOptionFault(name, value, `${min} to ${max}`);
}

function readBoolean(fields: Fields, name: string): boolean {
  const value = getOwnEntry(fields, name) ?? false;
  if (typeof value !== 'boolean') throw createOptionFault(name, value, 'true or false');
  return value;
}

/** Words to expect: the terms of a context, or, in its older form, a text. */
function readTerms(context: unknown): readonly string[] {
  if (typeof context === 'string') return splitPromptTerms(context, []);
  const terms = typeof context === 'object' && context !== null ? (context as Fields)['terms'] : undefined;
  return Array.isArray(terms) ? terms.filter((term) => typeof term === 'string') : [];
}

function createOptionFault(name: string, value: unknown, want: string): Fault {
  return new Fault('command.option', { name, got: describeValue(value), want });
}
