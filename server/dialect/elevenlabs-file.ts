import { type EventOf, Fault, type ServerEvent, type Start } from '../../protocol/index.ts';
import { joinSentences } from '../../transcript/index.ts';
import type { ChannelLayout, PacketFormat } from '../ports/decoder.ts';
import type { DialectContext, HttpEndpoint, UploadDialect, UploadSession } from '../ports/dialect.ts';
import { buildElevenLabsRefusal } from './elevenlabs-faults.ts';
import { createOptionFault, toShortCode } from './elevenlabs-options.ts';
import { toElevenLabsWords } from './elevenlabs-words.ts';
import { limitVocabulary } from './limit-vocabulary.ts';
import { parseLanguages } from './openai-file-options.ts';
import { UploadedSentences } from './uploaded-sentences.ts';

/** ElevenLabs' `POST /v1/speech-to-text`: a whole recording. */
export const elevenLabsFiles: UploadDialect = {
  name: 'elevenlabs',
  body: 'form',
  open: ({ fields }, context) => new FileSession(parseFileOptions(fields), context),
  refuse: buildElevenLabsRefusal,
};

const TOKEN_SECONDS = 900;

/** `POST /v1/single-use-token/realtime_scribe`: exchanges a key for a token that a browser may hold, valid for 15 minutes. */
export const elevenLabsToken: HttpEndpoint = {
  path: '/v1/single-use-token/realtime_scribe',
  method: 'POST',
  scope: 'token',
  async answer(_, context) {
    // A server that needs no keys accepts any token.
    const token = context.identity.key === '' ? 'none-needed' : (await context.mintToken(TOKEN_SECONDS)).token;
    return { status: 200, headers: {}, body: { token } };
  },
  refuse: buildElevenLabsRefusal,
};

interface FileOptions {
  readonly start: Start;
  readonly layout: ChannelLayout;
  readonly words: boolean;
  readonly samples: PacketFormat | undefined;
}

/** Other fields are ignored. Throws `command.option`. */
function parseFileOptions(fields: readonly (readonly [name: string, value: string])[]): FileOptions {
  const all = (name: string): string[] => fields.filter(([key]) => key === name).map(([, value]) => value);
  const last = (name: string): string | undefined => all(name).at(-1) || undefined;
  const choose = (name: string, values: readonly string[]): string => {
    const value = last(name) ?? values[0]!;
    if (!values.includes(value)) throw createOptionFault(name, value, values.join(', '));
    return value;
  };
  // Fetching a URL that a client names would let it reach what only this machine can.
  for (const name of ['cloud_storage_url', 'source_url'])
    if (last(name) !== undefined) throw new Fault('command.option', { name, got: 'a URL', want: 'the file itself' });
  choose('webhook', ['false']);
  const isSeparate = choose('use_multi_channel', ['false', 'true']) === 'true';
  return {
    start: {
      type: 'start',
      partials: { mode: 'off' },
      cleanup: { mode: 'off' },
      ...parseLanguages(toShortCode(last('language_code')), []),
      ...limitVocabulary(all('keyterms')),
    },
    layout: isSeparate ? 'separate' : 'mix',
    words: choose('timestamps_granularity', ['word', 'none']) === 'word',
    samples:
      choose('file_format', ['other', 'pcm_s16le_16']) === 'other' ? undefined : { sampleRate: 16_000, channels: 1 },
  };
}

class FileSession implements UploadSession {
  readonly start: Start;
  readonly layout: ChannelLayout;
  readonly samples: PacketFormat | undefined;
  readonly contentType = 'application/json';
  readonly delivery = 'buffered';
  readonly #options: FileOptions;
  readonly #context: DialectContext;
  readonly #sentences = new UploadedSentences();
  #channels = 1;

  constructor(options: FileOptions, context: DialectContext) {
    this.#options = options;
    this.#context = context;
    this.start = options.start;
    this.layout = options.layout;
    this.samples = options.samples;
  }

  write(event: ServerEvent): string {
    if (event.type === 'ready' && event.audio.channelMode === 'separate') this.#channels = event.audio.channels;
    const sentences = this.#sentences.push(event);
    if (sentences === undefined || event.type !== 'done') return '';
    const about = { transcription_id: this.#context.id, audio_duration_secs: event.audioMs / 1_000 };
    if (this.layout === 'mix') return JSON.stringify({ ...this.#renderTranscript(sentences), ...about });
    const transcripts = Array.from({ length: this.#channels }, (_, channel) => ({
      ...this.#renderTranscript(sentences.filter((each) => each.channel === channel)),
      channel_index: channel,
    }));
    return JSON.stringify({ transcripts, ...about });
  }

  error(): string {
    return '';
  }

  /** The probability of the language is not kept. */
  #renderTranscript(sentences: readonly EventOf<'final'>[]): object {
    return {
      language_code: sentences[0]?.language ?? this.start.language ?? 'en',
      language_probability: sentences.length === 0 ? 0 : 1,
      text: joinSentences(sentences.map(({ text }) => text)),
      words: this.#options.words ? toElevenLabsWords(sentences.flatMap(({ words }) => words)) : [],
    };
  }
}
