import { Fault, isFault, parseJson, type Start } from '../../protocol/index.ts';
import { limitVocabulary } from './limit-vocabulary.ts';

/** What a client requested in the fields of its form. */
export interface OpenAiFileOptions {
  readonly start: Start;
  readonly format: 'json' | 'text' | 'srt' | 'vtt' | 'verbose_json' | 'diarized_json';
  readonly streamed: boolean;
  /** Whether `json` and its stream have the log probability of each word. */
  readonly logprobs: boolean;
  readonly words: boolean;
  readonly segments: boolean;
  /** Whether cleaned sentences replace the spoken ones. */
  readonly cleaned: boolean;
}

type Fields = readonly (readonly [name: string, value: string])[];
/** Translations have no speakers there. */
const FORMATS = {
  transcribe: ['json', 'text', 'srt', 'vtt', 'verbose_json', 'diarized_json'],
  translate: ['json', 'text', 'srt', 'vtt', 'verbose_json'],
} as const;
const STREAMED_FORMATS: readonly OpenAiFileOptions['format'][] = ['json', 'text', 'diarized_json'];
const KNOWN_SPEAKERS_MAX = 4;
const LANGUAGES_MAX = 20;

/** Parses the form; names with `[]` may occur several times. Unknown ones are ignored. Throws `command.option`. */
export function parseOpenAiFileOptions(fields: Fields, task: 'transcribe' | 'translate'): OpenAiFileOptions {
  const all = (name: string): string[] =>
    fields.filter(([key]) => key === name || key === `${name}[]`).map(([, value]) => value);
  const last = (name: string): string | undefined => all(name).at(-1);
  const format = last('response_format') || 'json';
  const formats: readonly string[] = FORMATS[task];
  if (!isFormat(format) || !formats.includes(format))
    throw new Fault('command.option', { name: 'response_format', got: format.slice(0, 40), want: formats.join(', ') });
  const temperature = last('temperature') || '0';
  if (!(Number(temperature) >= 0 && Number(temperature) <= 1))
    throw new Fault('command.option', { name: 'temperature', got: temperature.slice(0, 40), want: '0 to 1' });
  checkChunking(last('chunking_strategy'), last('chunking_strategy[type]'));
  checkKnownSpeakers(all('known_speaker_names'), all('known_speaker_references'));
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
      ...limitVocabulary(
        splitPromptTerms(last('prompt'), [...all('keywords'), ...splitPromptTerms(last('hotwords'), [])]),
      ),
    },
    format,
    streamed: /^true$/i.test(last('stream') ?? '') && STREAMED_FORMATS.includes(format),
    logprobs: parseInclude(all('include'), format),
    words,
    segments: !words || granularities.includes('segment'),
    cleaned,
  };
}

const isFormat = (name: string): name is OpenAiFileOptions['format'] =>
  (FORMATS.transcribe as readonly string[]).includes(name);

/** Whether log probabilities are requested, which only `json` has room for. Throws `command.option`. */
function parseInclude(names: readonly string[], format: OpenAiFileOptions['format']): boolean {
  const unknown = names.find((name) => name !== 'logprobs');
  if (unknown !== undefined)
    throw new Fault('command.option', { name: 'include', got: unknown.slice(0, 40), want: 'logprobs' });
  if (names.length > 0 && format !== 'json')
    throw new Fault('command.option', {
      name: 'include',
      got: `logprobs with ${format}`,
      want: 'response_format=json',
    });
  return names.length > 0;
}

/** A file is always cut in pauses, so the strategy is only checked. Its fields come one by one, or as JSON. */
function checkChunking(text: string | undefined, type: string | undefined): void {
  const named = type ?? (text?.startsWith('{') ? readType(text) : text);
  if (named === undefined || named === '' || named === 'auto' || named === 'server_vad') return;
  throw new Fault('command.option', { name: 'chunking_strategy', got: named.slice(0, 40), want: 'auto or server_vad' });
}

function readType(json: string): string {
  try {
    const { type } = parseJson(json) as { readonly type?: unknown };
    return typeof type === 'string' ? type : '(no type)';
  } catch (error) {
    if (!isFault(error)) throw error;
    return '(no JSON)';
  }
}

/** Speakers are not told apart, so samples of their voices are only counted. */
function checkKnownSpeakers(names: readonly string[], references: readonly string[]): void {
  const got = `${names.length} with ${references.length} references`;
  if (names.length <= KNOWN_SPEAKERS_MAX && names.length === references.length) return;
  const want = `as many references as names, ${KNOWN_SPEAKERS_MAX} at most`;
  throw new Fault('command.option', { name: 'known_speaker_names', got, want });
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
