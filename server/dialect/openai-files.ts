import { type EventOf, Fault, type ServerEvent } from '../../protocol/index.ts';
import { decodePathSegment } from '../core/url/percent-escapes.ts';
import type { ErrorInfo, HttpEndpoint, UploadDialect, UploadSession } from '../ports/dialect.ts';
import { buildAnswer } from './openai-answer.ts';
import { buildOpenAiRefusal, toOpenAiError } from './openai-faults.ts';
import { type OpenAiFileOptions, parseOpenAiFileOptions } from './openai-file-options.ts';
import { chooseSeparator } from './plain-text.ts';

/** OpenAI's `/v1/audio/transcriptions` and, translating into English, `/v1/audio/translations`. */
export const openaiTranscriptions: UploadDialect = files('transcribe');
export const openaiTranslations: UploadDialect = files('translate');

function files(task: 'transcribe' | 'translate'): UploadDialect {
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

const TYPES: Readonly<Record<OpenAiFileOptions['format'], string>> = {
  json: 'application/json',
  verbose_json: 'application/json',
  text: 'text/plain; charset=utf-8',
  srt: 'text/plain; charset=utf-8',
  vtt: 'text/plain; charset=utf-8',
};

class FileSession implements UploadSession {
  readonly start: OpenAiFileOptions['start'];
  readonly layout = 'mix';
  readonly contentType: string;
  readonly delivery: 'buffered' | 'streamed';
  readonly #wishes: OpenAiFileOptions;
  readonly #sentences = new Map<number, EventOf<'final'>>();
  /** Of a growing answer: what went out. */
  #text = '';

  constructor(wishes: OpenAiFileOptions) {
    this.#wishes = wishes;
    this.start = wishes.start;
    this.delivery = wishes.streamed ? 'streamed' : 'buffered';
    this.contentType = wishes.streamed ? 'text/event-stream' : TYPES[wishes.format];
  }

  write(event: ServerEvent): string {
    switch (event.type) {
      case 'final':
        this.#sentences.set(event.sentence, event);
        return this.#wishes.cleaned ? '' : this.#delta(event);
      case 'cleaned': {
        const sentence = this.#sentences.get(event.sentence);
        if (!this.#wishes.cleaned || sentence === undefined) return '';
        const cleaned = { ...sentence, text: event.text };
        this.#sentences.set(event.sentence, cleaned);
        return this.#delta(cleaned);
      }
      case 'done':
        return this.#last(event.audioMs);
      default:
        return '';
    }
  }

  error(trouble: ErrorInfo): string {
    return sse({ type: 'error', error: toOpenAiError(trouble) });
  }

  #delta(sentence: EventOf<'final'>): string {
    if (!this.#wishes.streamed) return '';
    const text = sentence.text.trim();
    if (text === '') return '';
    const delta = chooseSeparator(this.#text) + text;
    this.#text += delta;
    return sse({ type: 'transcript.text.delta', delta });
  }

  #last(audioMs: number): string {
    if (this.#wishes.streamed) return `${sse({ type: 'transcript.text.done', text: this.#text })}data: [DONE]\n\n`;
    const sentences = [...this.#sentences.values()].sort((a, b) => a.fromMs - b.fromMs);
    return buildAnswer(sentences, audioMs, this.#wishes);
  }
}

const sse = (body: object): string => `data: ${JSON.stringify(body)}\n\n`;

/** `GET /v1/models` and `/v1/models/NAME`: the one model there is, under its own name. */
export const openaiModels: readonly HttpEndpoint[] = [
  {
    path: '/v1/models',
    method: 'GET',
    scope: 'stream',
    answer: async (_, { model }) => ok({ object: 'list', data: [modelOf(model)] }),
    refuse: buildOpenAiRefusal,
  },
  {
    path: '/v1/models/',
    method: 'GET',
    scope: 'stream',
    async answer({ url }, { model }) {
      const asked = decodePathSegment(url.split('?')[0]!.slice('/v1/models/'.length));
      if (asked !== model) throw new Fault('model.unknown', { model: asked.slice(0, 80), want: `there is ${model}` });
      return ok(modelOf(model));
    },
    refuse: buildOpenAiRefusal,
  },
];

const ok = (body: object) => ({ status: 200, headers: {}, body });
const modelOf = (id: string) => ({ id, object: 'model', created: 1_663_718_400, owned_by: 'sotto' });
