import { Fault, type ServerEvent, type Start, toPrintable } from '../../protocol/index.ts';
import { buildCues, joinSentences, renderSrt, renderVtt } from '../../transcript/index.ts';
import { isAddressFault } from '../core/url/percent-escapes.ts';
import type { PacketFormat } from '../ports/decoder.ts';
import type { ErrorInfo, HttpRefusal, UploadDialect, UploadSession } from '../ports/dialect.ts';
import { limitVocabulary } from './limit-vocabulary.ts';
import { buildSegment, getLanguageName, type Sentence } from './openai-answer.ts';
import { parseLanguages, splitPromptTerms } from './openai-file-options.ts';
import { toHttpStatus } from './upload-status.ts';
import { UploadedSentences } from './uploaded-sentences.ts';

/** whisper-asr-webservice, as Bazarr and others use it: `POST /asr` with the recording in the field `audio_file`. */
export const asrWebservice: UploadDialect = {
  name: 'asr-webservice',
  body: 'form',
  fileField: 'audio_file',
  open: ({ url }) => new AsrSession(parseAsrOptions(url)),
  refuse: buildRefusal,
};

/** `POST /detect-language`: the language of the beginning of a recording. */
export const asrDetectLanguage: UploadDialect = {
  ...asrWebservice,
  open: ({ url }) => new LanguageSession(parseAsrOptions(url).samples),
};

/** The query of a request. */
export interface AsrOptions {
  readonly start: Start;
  readonly output: (typeof OUTPUTS)[number];
  readonly words: boolean;
  /** Set when the recording is bare samples. */
  readonly samples: PacketFormat | undefined;
}

const OUTPUTS = ['txt', 'vtt', 'srt', 'tsv', 'json'] as const;
const TASKS = ['transcribe', 'translate'] as const;
const YES = /^(true|1|on|t|y|yes)$/i;
const NO = /^(false|0|off|f|n|no)$/i;
/** What a client sends that encodes its recording itself, `encode=false`. */
const BARE_SAMPLES: PacketFormat = { sampleRate: 16_000, channels: 1 };
/** The length of audio whose language is detected, ms: one window of Whisper, as in its own server. */
const DETECTION_MS = 30_000;

/** `vad_filter` and unknown names are ignored. Throws `command.option`. */
export function parseAsrOptions(url: string): AsrOptions {
  const query = new URLSearchParams(url.split('?')[1] ?? '');
  const choose = <T extends string>(name: string, values: readonly T[], byDefault: T): T => {
    const value = (query.get(name) || byDefault) as T;
    if (values.includes(value)) return value;
    throw new Fault('command.option', { name, got: value.slice(0, 40), want: values.join(', ') });
  };
  const isOn = (name: string, byDefault: boolean): boolean => {
    const value = query.get(name) || String(byDefault);
    if (YES.test(value)) return true;
    if (NO.test(value)) return false;
    throw new Fault('command.option', { name, got: value.slice(0, 40), want: 'true or false' });
  };
  const task = choose('task', TASKS, 'transcribe');
  return {
    start: {
      type: 'start',
      task,
      partials: { mode: 'off' },
      cleanup: { mode: 'off' },
      // Of a translation, the language is that of the speech.
      ...parseLanguages(query.get('language') ?? undefined, []),
      ...limitVocabulary(splitPromptTerms(query.get('initial_prompt') ?? undefined, [])),
    },
    output: choose('output', OUTPUTS, 'txt'),
    words: isOn('word_timestamps', false),
    samples: isOn('encode', true) ? undefined : BARE_SAMPLES,
  };
}

class AsrSession implements UploadSession {
  readonly start: Start;
  readonly layout = 'mix';
  readonly contentType: string;
  readonly delivery = 'buffered';
  readonly samples: PacketFormat | undefined;
  readonly #options: AsrOptions;
  readonly #sentences = new UploadedSentences();

  constructor(options: AsrOptions) {
    this.#options = options;
    this.start = options.start;
    this.samples = options.samples;
    this.contentType = options.output === 'json' ? 'application/json' : 'text/plain; charset=utf-8';
  }

  write(event: ServerEvent): string {
    const sentences = this.#sentences.push(event);
    return sentences === undefined ? '' : this.#render(sentences);
  }

  error(): string {
    return '';
  }

  #render(sentences: readonly Sentence[]): string {
    switch (this.#options.output) {
      case 'txt':
        return sentences.map(({ text }) => `${toLine(text)}\n`).join('');
      case 'srt':
        return renderSrt(buildCues(sentences));
      case 'vtt':
        return renderVtt(buildCues(sentences));
      case 'tsv':
        return `start\tend\ttext\n${sentences.map(({ fromMs, toMs, text }) => `${fromMs}\t${toMs}\t${toLine(text)}\n`).join('')}`;
      case 'json':
        return JSON.stringify({
          text: joinSentences(sentences.map(({ text }) => text)),
          segments: sentences.map((sentence, id) => this.#buildSegment(sentence, id, sentences[id - 1])),
          language: sentences[0]?.language ?? this.start.language ?? 'en',
        });
    }
  }

  #buildSegment(sentence: Sentence, id: number, before: Sentence | undefined): object {
    const segment = buildSegment(sentence, id, before);
    if (!this.#options.words) return segment;
    const words = sentence.words.map(({ text, fromMs, toMs, confidence }) => ({
      ...{ word: ` ${text.trim()}`, start: fromMs / 1_000, end: toMs / 1_000, probability: confidence },
    }));
    return { ...segment, words };
  }
}

/** A sentence in a file with one on each line and tabs between columns. */
const toLine = (text: string): string => toPrintable(text.trim()).replace(/\s+/g, ' ');

class LanguageSession implements UploadSession {
  readonly start: Start = { type: 'start', language: 'auto', partials: { mode: 'off' }, cleanup: { mode: 'off' } };
  readonly layout = 'mix';
  readonly contentType = 'application/json';
  readonly delivery = 'buffered';
  readonly audioMsMax = DETECTION_MS;
  readonly samples: PacketFormat | undefined;
  readonly #sentences = new UploadedSentences();

  constructor(samples: PacketFormat | undefined) {
    this.samples = samples;
  }

  write(event: ServerEvent): string {
    const sentences = this.#sentences.push(event);
    if (sentences === undefined) return '';
    const code = sentences[0]?.language ?? 'en';
    const words = sentences.filter(({ language }) => language === code).flatMap((each) => each.words);
    const sum = words.reduce((total, { confidence }) => total + confidence, 0);
    const confidence = words.length === 0 ? 0 : Math.round((sum / words.length) * 1e4) / 1e4;
    return JSON.stringify({ detected_language: getLanguageName(code), language_code: code, confidence });
  }

  error(): string {
    return '';
  }
}

/** Its framework answers a wrong parameter with 422 and the place of it, everything else with a sentence. */
function buildRefusal(error: ErrorInfo): HttpRefusal {
  const name = (error.data as { readonly name?: unknown } | undefined)?.name;
  const status = toHttpStatus(error);
  if (status !== 400 || typeof name !== 'string' || isAddressFault(error))
    return { status, headers: {}, body: { detail: error.message } };
  const place = name === 'audio_file' || name === 'body' || name === 'content-type' ? 'body' : 'query';
  return {
    ...{ status: 422, headers: {} },
    body: { detail: [{ type: 'value_error', loc: [place, name], msg: error.message }] },
  };
}
