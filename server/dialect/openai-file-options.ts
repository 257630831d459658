import { Fault, type Start } from '../../protocol/index.ts';
import { limitVocabulary } from './limit-vocabulary.ts';

/** What a client requested in the fields of its form. */
export interface OpenAiFileOptions {
  readonly start: Start;
  readonly format: 'json' | 'text' | 'srt' | 'vtt' | 'verbose_json';
  readonly streamed: boolean;
  readonly words: boolean;
  readonly segments: boolean;
  /** Whether cleaned sentences replace the spoken ones. */
  readonly cleaned: boolean;
}

type Fields = readonly (readonly [name: string, value: string])[];
const FORMATS = ['json', 'text', 'srt', 'vtt', 'verbose_json'] as const;
const LANGUAGES_MAX = 20;

/** Parses the form; names with `[]` may occur several times. Unknown ones are ignored. Throws `command.option`. */
export function parseOpenAiFileOptions(fields: Fields, task: 'transcribe' | 'translate'): OpenAiFileOptions {
  const all = (name: string): string[] =>
    fields.filter(([key]) => key === name || key === `${name}[]`).map(([, value]) => value);
  const last = (name: string): string | undefined => all(name).at(-1);
  const format = (last('response_format') || 'json') as (typeof FORMATS)[number];
  if (!FORMATS.includes(format))
    throw new Fault('command.option', { name: 'response_format', got: format.slice(0, 40), want: FORMATS.join(', ') });
  const temperature = last('temperature') || '0';
  if (!(Number(temperature) >= 0 && Number(temperature) <= 1))
    throw new Fault('command.option', { name: 'temperature', got: temperature.slice(0, 40), want: '0 to 1' });
  const granularities = all('timestamp_granularities').flatMap((value) => value.split(','));
  const words = granularities.includes('word');
  const cleaned = last('cleanup') === 'true';
  return {
    start: {
      type: 'start',
      task,
      // The client never sees partials; without them a file takes half the time.
      partials: { mode: 'off' },
      cleanup: { mode: cleaned ? 'default' : 'off' },
      ...(task === 'transcribe' ? parseLanguages(last('language'), all('languages')) : {}),
      ...limitVocabulary(splitPromptTerms(last('prompt'), all('keywords'))),
    },
    format,
    streamed: last('stream') === 'true' && (format === 'json' || format === 'text'),
    words,
    segments: !words || granularities.includes('segment'),
    cleaned,
  };
}

/** `en-US` becomes `en`; several languages are what detection chooses from. */
export function parseLanguages(
  single: string | undefined,
  others: readonly string[],
): Pick<Start, 'language' | 'languages'> {
  const codes = [single, ...others]
    .filter((code) => code !== undefined && code !== '')
    .map((code) => parseLanguageCode(code!));
  if (codes.length === 0) return {};
  if (codes.length === 1) return { language: codes[0]! };
  return { language: 'auto', languages: codes.slice(0, LANGUAGES_MAX) };
}

function parseLanguageCode(text: string): string {
  const code = text.split(/[-_]/)[0]!.toLowerCase();
  if (/^(auto|[a-z]{2,3})$/.test(code)) return code;
  throw new Fault('command.option', { name: 'language', got: text.slice(0, 40), want: 'an ISO 639-1 code such as en' });
}

/** Words to expect: the prompt is split at its punctuation. */
export function splitPromptTerms(prompt: string | undefined, keywords: readonly string[]): string[] {
  return [...keywords, ...(prompt ?? '').split(/[,;.!?\n]+/)].map((term) => term.trim().slice(0, 100));
}
