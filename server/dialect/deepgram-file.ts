import { type EventOf, Fault, type ServerEvent, type Start } from '../../protocol/index.ts';
import type { ChannelLayout } from '../ports/decoder.ts';
import type { DialectContext, ParsedUpload, UploadDialect, UploadSession } from '../ports/dialect.ts';
import { AwaitedCleaning } from './awaited-cleaning.ts';
import { buildDeepgramRefusal } from './deepgram-faults.ts';
import { type DeepgramFileOptions, parseDeepgramFileOptions } from './deepgram-options.ts';
import { applyReplacements } from './deepgram-replace.ts';
import { averageConfidence, buildMetadata, toDeepgramWords, toSeconds } from './deepgram-results.ts';
import { joinSentences, toPlainText } from './plain-text.ts';

/** Deepgram's `POST /v1/listen`: a whole recording, and its transcript as one document. */
export const deepgramFiles: UploadDialect = {
  name: 'deepgram',
  body: 'raw',
  open: (posted, context) => new FileSession(posted, context),
  refuse: buildDeepgramRefusal,
};

type Sentence = EventOf<'final'>;

class FileSession implements UploadSession {
  readonly start: Start;
  readonly layout: ChannelLayout;
  readonly contentType = 'application/json';
  readonly delivery = 'buffered';
  readonly #query: DeepgramFileOptions;
  readonly #context: DialectContext;
  readonly #sha256: string;
  readonly #awaited: AwaitedCleaning;
  readonly #sentences: Sentence[] = [];
  #channels = 1;

  constructor({ url, headers, file }: ParsedUpload, context: DialectContext) {
    // Fetching what a stranger names would let them reach what only this machine can.
    if (/^application\/json\b/i.test(headers['content-type'] ?? ''))
      throw new Fault('audio.format', { got: 'named by a URL', want: 'the recording itself as the body' });
    this.#query = parseDeepgramFileOptions(url);
    this.#context = context;
    this.#awaited = new AwaitedCleaning(this.#query.cleaned ? 'awaited' : 'off');
    this.#sha256 = file!.sha256;
    this.start = this.#query.start;
    this.layout = this.#query.layout;
  }

  write(event: ServerEvent): string {
    let answer = '';
    for (const told of this.#awaited.push(event)) {
      if (told.type === 'ready' && told.audio.channelMode === 'separate') this.#channels = told.audio.channels;
      if (told.type === 'final') this.#hear(applyReplacements(told, this.#query.replacements));
      if (told.type === 'done') answer = this.#answer(told.audioMs);
    }
    return answer;
  }

  error(): string {
    return '';
  }

  /** A sentence of hesitations is none. */
  #hear(sentence: Sentence): void {
    if (sentence.text.trim() !== '') this.#sentences.push(sentence);
  }

  #answer(audioMs: number): string {
    const channels = Array.from({ length: this.#channels }, (_, channel) =>
      this.#sentences.filter((each) => each.channel === channel),
    );
    const stream = { sha256: this.#sha256, durationMs: audioMs, channels: this.#channels };
    const utterances = [...this.#sentences].sort((a, b) => a.fromMs - b.fromMs);
    return JSON.stringify({
      metadata: buildMetadata(this.#context, stream),
      results: {
        channels: channels.map((sentences) => this.#channel(sentences)),
        ...(this.#query.utterances ? { utterances: utterances.map((each, i) => this.#utterance(each, i)) } : {}),
      },
    });
  }

  #channel(sentences: readonly Sentence[]): object {
    const words = sentences.flatMap((sentence) => this.#words(sentence));
    const paragraphs = this.#query.paragraphs ? { paragraphs: this.#paragraphs(sentences) } : {};
    const alternative = {
      transcript: joinSentences(sentences.map((each) => this.#text(each))),
      confidence: averageConfidence(words),
      words,
    };
    return {
      alternatives: [{ ...alternative, ...paragraphs }],
      ...(this.#query.detects ? { detected_language: sentences[0]?.language ?? 'en' } : {}),
    };
  }

  #utterance(sentence: Sentence, index: number): object {
    const words = this.#words(sentence);
    return {
      start: toSeconds(sentence.fromMs),
      end: toSeconds(sentence.toMs),
      confidence: averageConfidence(words),
      channel: sentence.channel,
      transcript: this.#text(sentence),
      words,
      id: `${this.#context.id.slice(0, -8)}${(index + 1).toString(16).padStart(8, '0')}`,
    };
  }

  /** A pause makes a paragraph. */
  #paragraphs(sentences: readonly Sentence[]): object {
    const groups: Sentence[][] = [];
    for (const sentence of sentences) {
      const last = groups.at(-1)?.at(-1);
      if (last !== undefined && sentence.fromMs - last.toMs < PARAGRAPH_MS) groups.at(-1)!.push(sentence);
      else groups.push([sentence]);
    }
    const paragraphs = groups.map((group) => ({
      sentences: group.map((each) => ({
        text: each.text.trim(),
        start: toSeconds(each.fromMs),
        end: toSeconds(each.toMs),
      })),
      start: toSeconds(group[0]!.fromMs),
      end: toSeconds(group.at(-1)!.toMs),
      num_words: group.reduce((sum, each) => sum + this.#words(each).length, 0),
    }));
    return {
      transcript: `\n${groups.map((group) => joinSentences(group.map(({ text }) => text.trim()))).join('\n\n')}`,
      paragraphs,
    };
  }

  #words(sentence: Sentence) {
    return toDeepgramWords(sentence.words, this.#query.punctuated);
  }

  #text({ text }: Sentence): string {
    return this.#query.punctuated ? text.trim() : toPlainText(text);
  }
}

/** Silence between two paragraphs, ms. */
const PARAGRAPH_MS = 1_500;
