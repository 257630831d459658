import { type EventOf, Fault, type ServerEvent } from '../../protocol/index.ts';
import { chooseSeparator } from '../../transcript/index.ts';
import { decodePathSegment } from '../core/url/percent-escapes.ts';
import type { ErrorInfo, HttpEndpoint, UploadDialect, UploadSession } from '../ports/dialect.ts';
import { alignCleanedWords } from './cleaned-words.ts';
import { buildAnswer, buildDiarizedSegment, nameSegment } from './openai-answer.ts';
import { buildOpenAiRefusal, toOpenAiError } from './openai-faults.ts';
import { type OpenAiFileOptions, parseOpenAiFileOptions } from './openai-file-options.ts';
import { buildLogprobs, type Logprob } from './openai-logprobs.ts';

/** OpenAI's `/v1/audio/transcriptions` and, translating into English, `/v1/audio/translations`. */
export const openaiTranscriptions: UploadDialect = createUploadDialect('transcribe');
export const openaiTranslations: UploadDialect = createUploadDialect('translate');

function createUploadDialect(task: 'transcribe' | 'translate'): UploadDialect {
  return {
    name: 'openai',
    body: 'form',
    open({ fields, file }) {
      if (file === undefined) throw new Fault('command.option', { name: 'file', got: '(none)', want: 'an audio file' });
      return new FileSession(parseOpenAiFileOptions(fields, task));
    },
    refuse: buildOpenAiRefusal,
  };
}

const CONTENT_TYPES: Readonly<Record<OpenAiFileOptions['format'], string>> = {
  json: 'application/json',
  verbose_json: 'application/json',
  text: 'text/plain; charset=utf-8',
  srt: 'text/plain; charset=utf-8',
  vtt: 'text/plain; charset=utf-8',
  diarized_json: 'application/json',
};

class FileSession implements UploadSession {
  readonly start: OpenAiFileOptions['start'];
  readonly layout = 'mix';
  readonly contentType: string;
  readonly delivery: 'buffered' | 'streamed';
  readonly #options: OpenAiFileOptions;
  readonly #sentences = new Map<number, EventOf<'final'>>();
  /** The text sent so far in a streamed response. */
  #sentText = '';
  readonly #sentLogprobs: Logprob[] = [];
  /** Segments sent so far in a streamed response with speakers. */
  #sentSegments = 0;

  constructor(options: OpenAiFileOptions) {
    this.#options = options;
    this.start = options.start;
    this.delivery = options.streamed ? 'streamed' : 'buffered';
    this.contentType = options.streamed ? 'text/event-stream' : CONTENT_TYPES[options.format];
  }

  write(event: ServerEvent): string {
    switch (event.type) {
      case 'final':
        this.#sentences.set(event.sentence, event);
        return this.#options.cleaned ? '' : this.#renderDelta(event);
      case 'cleaned': {
        const sentence = this.#sentences.get(event.sentence);
        if (!this.#options.cleaned || sentence === undefined) return '';
        // In other formats, words stay as spoken.
        const { text, words } = sentence;
        const cleanedWords = this.#options.logprobs ? alignCleanedWords(text, words, event.changes) : words;
        const cleaned = { ...sentence, text: event.text, words: cleanedWords };
        this.#sentences.set(event.sentence, cleaned);
        return this.#renderDelta(cleaned);
      }
      case 'done':
        return this.#renderEnd(event.audioMs);
      default:
        return '';
    }
  }

  error(error: ErrorInfo): string {
    return toServerSentEvent({ type: 'error', error: toOpenAiError(error) });
  }

  #renderDelta(sentence: EventOf<'final'>): string {
    if (!this.#options.streamed) return '';
    const text = sentence.text.trim();
    if (text === '') return '';
    const delta = chooseSeparator(this.#sentText, text) + text;
    const logprobs = this.#options.logprobs ? buildLogprobs(sentence, this.#sentText) : [];
    this.#sentText += delta;
    this.#sentLogprobs.push(...logprobs);
    const event = { type: 'transcript.text.delta', delta, ...(this.#options.logprobs ? { logprobs } : {}) };
    if (this.#options.format !== 'diarized_json') return toServerSentEvent(event);
    this.#sentSegments++;
    return (
      toServerSentEvent({ ...event, segment_id: nameSegment(this.#sentSegments) }) +
      toServerSentEvent(buildDiarizedSegment(sentence, this.#sentSegments))
    );
  }

  #renderEnd(audioMs: number): string {
    if (this.#options.streamed) {
      const logprobs = this.#options.logprobs ? { logprobs: this.#sentLogprobs } : {};
      return `${toServerSentEvent({ type: 'transcript.text.done', text: this.#sentText, ...logprobs })}data: [DONE]\n\n`;
    }
    const sentences = [...this.#sentences.values()].sort((a, b) => a.fromMs - b.fromMs);
    return buildAnswer(sentences, audioMs, this.#options);
  }
}

const toServerSentEvent = (body: object): string => `data: ${JSON.stringify(body)}\n\n`;

/** `GET /v1/models` and `/v1/models/NAME`: the one model there is, under its own name. */
export const openaiModels: readonly HttpEndpoint[] = [
  {
    path: '/v1/models',
    method: 'GET',
    scope: 'stream',
    answer: async (_, { model }) => toOkResponse({ object: 'list', data: [describeModel(model)] }),
    refuse: buildOpenAiRefusal,
  },
  {
    path: '/v1/models/',
    method: 'GET',
    scope: 'stream',
    async answer({ url }, { model }) {
      const requested = decodePathSegment(url.split('?')[0]!.slice('/v1/models/'.length));
      if (requested !== model)
        throw new Fault('model.unknown', { model: requested.slice(0, 80), want: `there is ${model}` });
      return toOkResponse(describeModel(model));
    },
    refuse: buildOpenAiRefusal,
  },
];

const toOkResponse = (body: object) => ({ status: 200, headers: {}, body });
/** `task` is what Speaches adds, whose clients choose among models by it. */
const describeModel = (id: string) => ({
  ...{ id, object: 'model', created: 1_663_718_400, owned_by: 'sotto' },
  task: 'automatic-speech-recognition',
});
