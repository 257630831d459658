import { createHash, type Hash } from 'node:crypto';
import { type EventOf, isFault, type ServerEvent, type WireWord } from '../../protocol/index.ts';
import type {
  CloseFrames,
  Dialect,
  DialectContext,
  DialectSession,
  EncodedFormat,
  FrameResult,
  WireFrame,
} from '../ports/dialect.ts';
import { AwaitedCleaning } from './awaited-cleaning.ts';
import { DeepgramChannel, type MarkedFinal } from './deepgram-channel.ts';
import { buildDeepgramRefusal, toDeepgramClose } from './deepgram-faults.ts';
import { type DeepgramOptions, parseDeepgramOptions } from './deepgram-options.ts';
import { applyReplacements } from './deepgram-replace.ts';
import { buildMetadataFrame, buildResultsFrame, toSeconds } from './deepgram-results.ts';
import { removeHesitations } from './hesitations.ts';
import { readBinaryMessage, readFields } from './json-frame.ts';
import { WavStream } from './wav-stream.ts';

const EMPTY_RESULT: FrameResult = { replies: [], commands: [] };

/** Deepgram's live `/v1/listen`. */
export const deepgramDialect: Dialect = {
  name: 'deepgram',
  // The list contains the key, too, which must not be echoed.
  subprotocol: (offered) => offered.find((name) => /^(token|bearer)$/i.test(name)),
  open({ url }, context) {
    try {
      return new DeepgramSession(parseDeepgramOptions(url), context);
    } catch (error) {
      if (isFault(error)) return error;
      throw error;
    }
  },
  refuse: buildDeepgramRefusal,
};

const createChannels = (channels: number): readonly DeepgramChannel[] =>
  Array.from({ length: channels }, () => new DeepgramChannel());

class DeepgramSession implements DialectSession {
  readonly lifetime = 'connection';
  readonly #options: DeepgramOptions;
  readonly #context: DialectContext;
  readonly #cleaning: AwaitedCleaning;
  /** Some clients name an encoding and still send a WAV file as it is. */
  readonly #wav: WavStream | undefined;
  #channels: readonly DeepgramChannel[];
  /** The spoken language, as far as it is known. */
  #language = '';
  readonly #hash: Hash = createHash('sha256');
  #bytes = 0;
  /** Pending `Finalize` requests: the channel each asked for, or all. */
  #finalizing: (number | undefined)[] = [];
  #isClosing = false;

  constructor(options: DeepgramOptions, context: DialectContext) {
    this.#options = options;
    this.#context = context;
    this.#cleaning = new AwaitedCleaning(options.cleaned ? 'awaited' : 'off');
    this.#channels = createChannels(options.channels);
    this.#wav = options.encoded === undefined ? new WavStream(options.start.audio) : undefined;
  }

  get encoded(): EncodedFormat | undefined {
    return this.#options.encoded;
  }

  greet(): FrameResult {
    return { replies: [], commands: [this.#options.start] };
  }

  read(frame: WireFrame): FrameResult {
    if (this.#isClosing) return EMPTY_RESULT;
    if (typeof frame === 'string') return this.#readMessage(frame);
    if (frame.length === 0) return this.#readMessage('{"type":"CloseStream"}');
    const message = readBinaryMessage(frame, ['type']);
    if (message !== undefined) return this.#readMessage(message);
    this.#hash.update(frame);
    const bytes = this.#wav?.push(frame) ?? frame;
    this.#bytes += bytes.length;
    return { replies: [], commands: bytes.length === 0 ? [] : [{ type: 'audio', bytes }] };
  }

  write(event: ServerEvent): readonly WireFrame[] {
    return this.#cleaning.push(event).flatMap((ready) => this.#writeReady(ready));
  }

  #writeReady(event: ServerEvent): readonly WireFrame[] {
    switch (event.type) {
      case 'ready':
        // Only now it is known how many channels a container has.
        if (event.audio.channelMode === 'separate') this.#channels = createChannels(event.audio.channels);
        this.#language = event.language;
        return [];
      case 'speech':
        return this.#renderSpeech(event);
      case 'partial':
        return this.#renderPartial(event);
      case 'final':
        this.#language = event.language;
        return this.#renderFinals(event.channel, (state) =>
          state.onFinal(applyReplacements(event, this.#options.replacements), this.#getFinalizeState(event.channel)),
        );
      case 'settled':
        return this.#renderFinals(event.channel, (state) => state.onSettled(this.#getFinalizeState(event.channel)));
      case 'flushed':
        return this.#answerFinalize();
      case 'gap': {
        const { channel, wordMs } = event;
        const last_word_end = toSeconds(wordMs);
        return [JSON.stringify({ type: 'UtteranceEnd', channel: [channel, this.#channels.length], last_word_end })];
      }
      case 'done': {
        const durationMs = this.encoded === undefined ? this.#bytes / this.#options.bytesPerMs : event.audioMs;
        const stream = { sha256: this.#hash.digest('hex'), durationMs, channels: this.#channels.length };
        return [...this.#releaseHeld(), buildMetadataFrame(this.#context, stream)];
      }
      default:
        return [];
    }
  }

  end(status: number, reason: string): CloseFrames {
    const frames = [...this.#cleaning.rest().flatMap((event) => this.#writeReady(event)), ...this.#releaseHeld()];
    return { frames, ...toDeepgramClose(status, reason) };
  }

  #readMessage(text: string): FrameResult {
    const { type, channel } = readFields(text);
    switch (type) {
      case 'KeepAlive':
        return { replies: [], commands: [{ type: 'keepalive' }] };
      case 'Finalize':
        this.#finalizing.push(typeof channel === 'number' && channel in this.#channels ? channel : undefined);
        return { replies: [], commands: [{ type: 'flush' }] };
      case 'CloseStream':
        this.#isClosing = true;
        return { replies: [], commands: [{ type: 'finish' }] };
      default:
        // Unknown messages are ignored, as Deepgram does.
        return EMPTY_RESULT;
    }
  }

  #renderSpeech({ channel, state, atMs }: EventOf<'speech'>): readonly WireFrame[] {
    this.#channels[channel]!.onSpeech(state);
    if (state === 'end' || !this.#options.speechEvents) return [];
    return [
      JSON.stringify({
        type: 'SpeechStarted',
        channel: [channel, this.#channels.length],
        timestamp: toSeconds(atMs),
      }),
    ];
  }

  #renderPartial(event: EventOf<'partial'>): readonly WireFrame[] {
    const spoken = { text: event.stable + event.tentative, words: event.words };
    const shown = this.#options.cleaned ? removeHesitations(spoken, this.#language) : spoken;
    if (!this.#options.interim || shown.text.trim() === '') return [];
    this.#channels[event.channel]!.onPartial();
    const part = applyReplacements({ ...event, ...shown }, this.#options.replacements);
    return [this.#renderResults(part, { isFinal: false, speechFinal: false, fromFinalize: false })];
  }

  #getFinalizeState(channel: number): 'finalizing' | 'not' {
    return this.#finalizing.some((requested) => requested === undefined || requested === channel)
      ? 'finalizing'
      : 'not';
  }

  #answerFinalize(): readonly WireFrame[] {
    const requested = this.#finalizing.shift();
    return this.#channels.flatMap((_, channel) =>
      requested === undefined || requested === channel
        ? this.#renderFinals(channel, (state) => [state.takeFinalized()])
        : [],
    );
  }

  /** Sends what is held back before the stream ends. */
  #releaseHeld(): readonly WireFrame[] {
    return this.#channels.flatMap((_, channel) => this.#renderFinals(channel, (state) => state.releaseHeld()));
  }

  #renderFinals(channel: number, collect: (state: DeepgramChannel) => readonly MarkedFinal[]): readonly WireFrame[] {
    const state = this.#channels[channel]!;
    return collect(state).flatMap(({ final, speechFinal, fromFinalize }) => {
      const isEnd = fromFinalize || (speechFinal && this.#options.endpointing);
      if (final === undefined && !isEnd) return [];
      const part = final ?? { channel, toMs: state.fromMs, text: '', words: [] };
      const frame = this.#renderResults(part, { isFinal: true, speechFinal: isEnd, fromFinalize });
      state.fromMs = Math.max(state.fromMs, part.toMs);
      return [frame];
    });
  }

  #renderResults(
    part: Pick<EventOf<'final'>, 'channel' | 'toMs' | 'text'> & { readonly words: readonly WireWord[] },
    kind: { readonly isFinal: boolean; readonly speechFinal: boolean; readonly fromFinalize: boolean },
  ): string {
    const { fromMs } = this.#channels[part.channel]!;
    const range = { fromMs, toMs: Math.max(fromMs, part.toMs), channels: this.#channels.length };
    const { punctuated, includesLanguage: tellsLanguage } = this.#options;
    const language = tellsLanguage && this.#language !== 'auto' ? this.#language : undefined;
    return buildResultsFrame({ ...part, ...range, ...kind, punctuated, language }, this.#context);
  }
}
