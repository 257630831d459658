import { type EventOf, Fault, type ServerEvent, type Start } from '../../protocol/index.ts';
import { joinSentences } from '../../transcript/index.ts';
import type { ChannelLayout } from '../ports/decoder.ts';
import type { DialectContext, ParsedUpload, UploadDialect, UploadSession } from '../ports/dialect.ts';
import { AwaitedCleaning } from './awaited-cleaning.ts';
import { buildDeepgramRefusal } from './deepgram-faults.ts';
import { type DeepgramFileOptions, parseDeepgramFileOptions } from './deepgram-options.ts';
import { applyReplacements } from './deepgram-replace.ts';
import { averageConfidence, buildMetadata, toDeepgramWords, toSeconds } from './deepgram-results.ts';
import { toPlainText } from './plain-text.ts';

/** Deepgram's `POST /v1/listen`: a whole recording, answered with its transcript as one document. */
export const deepgramFiles: UploadDialect = {
  name: 'deepgram',
  body: 'raw',
  open: (upload, context) => new FileSession(upload, context),
  refuse: buildDeepgramRefusal,
};

type Sentence = EventOf<'final'>;

class FileSession implements UploadSession {
  readonly start: Start;
  readonly layout: ChannelLayout;
  readonly contentType = 'application/json';
  readonly delivery = 'buffered';
  readonly #options: DeepgramFileOptions;
  readonly #context: DialectContext;
  readonly #sha256: string;
  readonly #cleaning: AwaitedCleaning;
  readonly #sentences: Sentence[] = [];
  #channels = 1;

  constructor({ url, headers, file }: ParsedUpload, context: DialectContext) {
    // Fetching a URL that a client names would let it reach what only this machine can.
    if (/^application\/json\b/i.test(headers['content-type'] ?? ''))
      throw new Fault('audio.format', { got: 'named by a URL', want: 'the recording itself as the body' });
    this.#options = parseDeepgramFileOptions(url);
    this.#context = context;
    this.#cleaning = new AwaitedCleaning(this.#options.cleaned ? 'awaited' : 'off');
    this.#sha256 = file!.sha256;
    this.start = this.#options.start;
    this.layout = this.#options.layout;
  }

  write(event: ServerEvent): string {
    let document = '';
    for (const ready of this.#cleaning.push(event)) {
      if (ready.type === 'ready' && ready.audio.channelMode === 'separate') this.#channels = ready.audio.channels;
      if (ready.type === 'final') this.#addSentence(applyReplacements(ready, this.#options.replacements));
      if (ready.type === 'done') document = this.#renderDocument(ready.audioMs);
    }
    return document;
  }

  error(): string {
    return '';
  }

  /** A sentence of nothing but hesitations is skipped. */
  #addSentence(sentence: Sentence): void {
    if (sentence.text.trim() !== '') this.#sentences.push(sentence);
  }

  #renderDocument(audioMs: number): string {
    const channels = Array.from({ length: this.#channels }, (_, channel) =>
      this.#sentences.filter((each) => each.channel === channel),
    );
    const stream = { sha256: this.#sha256, durationMs: audioMs, channels: this.#channels };
    const utterances = [...this.#sentences].sort((a, b) => a.fromMs - b.fromMs);
    return JSON.stringify({
      metadata: buildMetadata(this.#context, stream),
      results: {
        channels: channels.map((sentences) => this.#renderChannel(sentences)),
        ...(this.#options.utterances
          ? { utterances: utterances.map((each, i) => this.#renderUtterance(each, i)) }
          : {}),
      },
    });
  }

  #renderChannel(sentences: readonly Sentence[]): object {
    const words = sentences.flatMap((sentence) => this.#renderWords(sentence));
    const paragraphs = this.#options.paragraphs ? { paragraphs: this.#renderParagraphs(sentences) } : {};
    const alternative = {
      transcript: joinSentences(sentences.map((each) => this.#renderText(each))),
      confidence: averageConfidence(words),
      words,
    };
    return {
      alternatives: [{ ...alternative, ...paragraphs }],
      ...(this.#options.detectsLanguage ? { detected_language: sentences[0]?.language ?? 'en' } : {}),
    };
  }

  #renderUtterance(sentence: Sentence, index: number): object {
    const words = this.#renderWords(sentence);
    return {
      start: toSeconds(sentence.fromMs),
      end: toSeconds(sentence.toMs),
      confidence: averageConfidence(words),
      channel: sentence.channel,
      transcript: this.#renderText(sentence),
      words,
      id: `${this.#context.id.slice(0, -8)}${(index + 1).toString(16).padStart(8, '0')}`,
    };
  }

  /** Starts a new paragraph at each pause. */
  #renderParagraphs(sentences: readonly Sentence[]): object {
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
      num_words: group.reduce((sum, each) => sum + this.#renderWords(each).length, 0),
    }));
    return {
      transcript: `\n${groups.map((group) => joinSentences(group.map(({ text }) => text.trim()))).join('\n\n')}`,
      paragraphs,
    };
  }

  #renderWords(sentence: Sentence) {
    return toDeepgramWords(sentence.words, this.#options.punctuated);
  }

  #renderText({ text }: Sentence): string {
    return this.#options.punctuated ? text.trim() : toPlainText(text);
  }
}

/** Silence between two paragraphs, ms. */
const PARAGRAPH_MS = 1_500;
