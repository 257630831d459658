import { Fault, type ServerEvent, type Start, toPrintable } from '../../protocol/index.ts';
import { buildCues, renderSrt, renderVtt, withLeadingSpace } from '../../transcript/index.ts';
import { isAddressFault } from '../core/url/percent-escapes.ts';
import type { ErrorInfo, HttpEndpoint, HttpRefusal, UploadDialect, UploadSession } from '../ports/dialect.ts';
import { limitVocabulary } from './limit-vocabulary.ts';
import { buildSegment, getLanguageName, type Sentence } from './openai-answer.ts';
import { parseLanguages, splitPromptTerms } from './openai-file-options.ts';
import { toHttpStatus } from './upload-status.ts';
import { UploadedSentences } from './uploaded-sentences.ts';

/** The server that comes with whisper.cpp: `POST /inference`, a whole file. */
export const whisperCppInference: UploadDialect = {
  name: 'whisper-cpp',
  body: 'form',
  open: ({ fields }) => new InferenceSession(parseWhisperCppOptions(fields)),
  refuse: buildRefusal,
};

/** `POST /load` exchanges the model there. Here the model is chosen when the server starts. */
export const whisperCppLoad: HttpEndpoint = {
  path: '/load',
  method: 'POST',
  scope: 'stream',
  answer: async (_, { model }) => {
    throw new Fault('command.option', { name: 'model', got: 'of a client', want: `nothing: the server has ${model}` });
  },
  // The body is a form, which no endpoint with a short answer reads: that is no error of its own.
  refuse: (error) =>
    error.code.startsWith('auth.') || isAddressFault(error)
      ? buildRefusal(error)
      : {
          status: 400,
          headers: {},
          body: { error: 'Models are chosen when the server starts (--model), not loaded.' },
        },
};

/** The fields of the form. */
export interface WhisperCppOptions {
  readonly start: Start;
  readonly format: (typeof FORMATS)[number];
  /** Whether `verbose_json` has words. */
  readonly words: boolean;
}

const FORMATS = ['json', 'text', 'srt', 'vtt', 'verbose_json'] as const;
const CONTENT_TYPES: Readonly<Record<WhisperCppOptions['format'], string>> = {
  json: 'application/json',
  verbose_json: 'application/json',
  text: 'text/plain; charset=utf-8',
  srt: 'application/x-subrip',
  vtt: 'text/vtt',
};

/** Thresholds, beams, threads and offsets are ignored. Throws `command.option`. */
export function parseWhisperCppOptions(fields: readonly (readonly [name: string, value: string])[]): WhisperCppOptions {
  const last = (name: string): string | undefined => fields.findLast(([key]) => key === name)?.[1];
  const isOn = (name: string): boolean => /^(true|1|yes|y|on)$/i.test(last(name) ?? '');
  const format = (last('response_format') || 'json') as WhisperCppOptions['format'];
  if (!FORMATS.includes(format))
    throw new Fault('command.option', { name: 'response_format', got: format.slice(0, 40), want: FORMATS.join(', ') });
  const task = isOn('translate') ? 'translate' : 'transcribe';
  return {
    start: {
      type: 'start',
      task,
      partials: { mode: 'off' },
      cleanup: { mode: 'off' },
      ...(task === 'translate' ? {} : parseLanguages(isOn('detect_language') ? 'auto' : last('language'), [])),
      ...limitVocabulary(splitPromptTerms(last('prompt'), [])),
    },
    format,
    words: !isOn('no_timestamps'),
  };
}

class InferenceSession implements UploadSession {
  readonly start: Start;
  readonly layout = 'mix';
  readonly contentType: string;
  readonly delivery = 'buffered';
  readonly #options: WhisperCppOptions;
  readonly #sentences = new UploadedSentences();

  constructor(options: WhisperCppOptions) {
    this.#options = options;
    this.start = options.start;
    this.contentType = CONTENT_TYPES[options.format];
  }

  write(event: ServerEvent): string {
    const sentences = this.#sentences.push(event);
    return sentences === undefined ? '' : this.#render(sentences, event.type === 'done' ? event.audioMs : 0);
  }

  error(): string {
    return '';
  }

  #render(sentences: readonly Sentence[], audioMs: number): string {
    const text = joinLines(sentences);
    switch (this.#options.format) {
      case 'json':
        return JSON.stringify({ text });
      case 'text':
        return text;
      case 'srt':
        return renderSrt(buildCues(sentences));
      case 'vtt':
        return renderVtt(buildCues(sentences));
      case 'verbose_json':
        return JSON.stringify(this.#buildVerboseJson(sentences, audioMs));
    }
  }

  #buildVerboseJson(sentences: readonly Sentence[], audioMs: number): object {
    const language = getLanguageName(sentences[0]?.language ?? this.start.language ?? 'en');
    return {
      task: this.start.task,
      language,
      duration: audioMs / 1_000,
      text: joinLines(sentences),
      segments: sentences.map((sentence, id) => this.#buildSegment(sentence, id, sentences[id - 1])),
      detected_language: language,
    };
  }

  #buildSegment(sentence: Sentence, id: number, before: Sentence | undefined): object {
    const { text, start, end, tokens, temperature, avg_logprob, no_speech_prob } = buildSegment(sentence, id, before);
    const words = sentence.words.map((word) => ({
      ...{ word: ` ${word.text.trim()}`, start: word.fromMs / 1_000, end: word.toMs / 1_000 },
      ...{ t_dtw: -1, probability: word.confidence },
    }));
    const shown = { id, text, start, end, tokens, ...(this.#options.words ? { words } : {}) };
    return { ...shown, temperature, avg_logprob, no_speech_prob };
  }
}

/** Its text has a line for each segment, with the space before it that Whisper writes. */
const joinLines = (sentences: readonly Sentence[]): string =>
  sentences.map(({ text }, i) => `${withLeadingSpace(toPrintable(text), sentences[i - 1]?.text.trim())}\n`).join('');

function buildRefusal(error: ErrorInfo): HttpRefusal {
  return { status: toHttpStatus(error), headers: {}, body: { error: error.message } };
}
