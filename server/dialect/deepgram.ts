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
import { buildDeepgramRefusal } from './deepgram-faults.ts';
import { type DeepgramOptions, parseDeepgramOptions } from './deepgram-options.ts';
import { applyReplacements } from './deepgram-replace.ts';
import { buildMetadataFrame, buildResultsFrame, toSeconds } from './deepgram-results.ts';
import { removeHesitations } from './hesitations.ts';
import { readFields } from './json-frame.ts';

const NOTHING: FrameResult = { replies: [], commands: [] };

/** Deepgram's live `/v1/listen`. */
export const deepgramDialect: Dialect = {
  name: 'deepgram',
  // The key stands in the list, too, and must not be echoed.
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

const voicesOf = (channels: number): readonly DeepgramChannel[] =>
  Array.from({ length: channels }, () => new DeepgramChannel());

class DeepgramSession implements DialectSession {
  readonly lifetime = 'connection';
  readonly #wishes: DeepgramOptions;
  readonly #context: DialectContext;
  readonly #awaited: AwaitedCleaning;
  #voices: readonly DeepgramChannel[];
  /** What is spoken, as far as it is known. */
  #language = '';
  readonly #hash: Hash = createHash('sha256');
  #bytes = 0;
  /** Of compressed audio: how far it was decoded. */
  #decodedMs = 0;
  /** Each `Finalize` that is not answered: the channel it asked for, or all. */
  #finalizing: (number | undefined)[] = [];
  #closing = false;

  constructor(wishes: DeepgramOptions, context: DialectContext) {
    this.#wishes = wishes;
    this.#context = context;
    this.#awaited = new AwaitedCleaning(wishes.cleaned ? 'awaited' : 'off');
    this.#voices = voicesOf(wishes.channels);
  }

  get encoded(): EncodedFormat | undefined {
    return this.#wishes.encoded;
  }

  greet(): FrameResult {
    return { replies: [], commands: [this.#wishes.start] };
  }

  read(frame: WireFrame): FrameResult {
    if (this.#closing) return NOTHING;
    if (typeof frame === 'string') return this.#message(frame);
    if (frame.length === 0) return this.#message('{"type":"CloseStream"}');
    // Some clients send their messages as binary frames.
    if (frame[0] === 0x7b && frame.length < 100) {
      const text = Buffer.from(frame).toString('utf8');
      if (/^\{\s*"type"\s*:\s*"\w+"/.test(text)) return this.#message(text);
    }
    this.#hash.update(frame);
    this.#bytes += frame.length;
    return { replies: this.#utteranceEnds(), commands: [{ type: 'audio', bytes: frame }] };
  }

  write(event: ServerEvent): readonly WireFrame[] {
    return this.#awaited.push(event).flatMap((told) => this.#write(told));
  }

  #write(event: ServerEvent): readonly WireFrame[] {
    switch (event.type) {
      case 'ready':
        // How many channels a container has is known only now.
        if (event.audio.channelMode === 'separate') this.#voices = voicesOf(event.audio.channels);
        this.#language = event.language;
        return [];
      case 'speech':
        return this.#speech(event);
      case 'partial':
        return this.#partial(event);
      case 'final':
        this.#language = event.language;
        return this.#finals(event.channel, (voice) =>
          voice.final(applyReplacements(event, this.#wishes.replacements), this.#manner(event.channel)),
        );
      case 'settled':
        return this.#finals(event.channel, (voice) => voice.settled(this.#manner(event.channel)));
      case 'flushed':
        return this.#flushed();
      case 'ack':
        this.#decodedMs = event.audioMs;
        return [];
      case 'done': {
        const durationMs = this.encoded === undefined ? this.#bytes / this.#wishes.bytesPerMs : event.audioMs;
        const stream = { sha256: this.#hash.digest('hex'), durationMs, channels: this.#voices.length };
        return [...this.#release(), buildMetadataFrame(this.#context, stream)];
      }
      default:
        return [];
    }
  }

  end(status: number, reason: string): CloseFrames {
    const frames = [...this.#awaited.rest().flatMap((event) => this.#write(event)), ...this.#release()];
    if (reason === 'session.idle') return { frames, status: 1011, reason: 'NET-0001' };
    if (/^(audio|frame|command)\./.test(reason)) return { frames, status: 1008, reason: `DATA-0000: ${reason}` };
    return { frames, status, reason };
  }

  #message(text: string): FrameResult {
    const { type, channel } = readFields(text);
    switch (type) {
      case 'KeepAlive':
        return { replies: [], commands: [{ type: 'keepalive' }] };
      case 'Finalize':
        this.#finalizing.push(typeof channel === 'number' && channel in this.#voices ? channel : undefined);
        return { replies: [], commands: [{ type: 'flush' }] };
      case 'CloseStream':
        this.#closing = true;
        return { replies: [], commands: [{ type: 'finish' }] };
      default:
        // As there: what is not known is ignored.
        return NOTHING;
    }
  }

  #speech({ channel, state, atMs }: EventOf<'speech'>): readonly WireFrame[] {
    this.#voices[channel]!.speech(state);
    if (state === 'end' || !this.#wishes.speechEvents) return [];
    return [
      JSON.stringify({
        type: 'SpeechStarted',
        channel: [channel, this.#voices.length],
        timestamp: toSeconds(atMs),
      }),
    ];
  }

  #partial(event: EventOf<'partial'>): readonly WireFrame[] {
    const spoken = { text: event.stable + event.tentative, words: event.words };
    const shown = this.#wishes.cleaned ? removeHesitations(spoken, this.#language) : spoken;
    if (!this.#wishes.interim || shown.text.trim() === '') return [];
    this.#voices[event.channel]!.shown(event.words.at(-1)?.toMs);
    const part = applyReplacements({ ...event, ...shown }, this.#wishes.replacements);
    return [this.#results(part, { isFinal: false, speechFinal: false, fromFinalize: false })];
  }

  #manner(channel: number): 'finalizing' | 'not' {
    return this.#finalizing.some((asked) => asked === undefined || asked === channel) ? 'finalizing' : 'not';
  }

  #flushed(): readonly WireFrame[] {
    const asked = this.#finalizing.shift();
    return this.#voices.flatMap((_, channel) =>
      asked === undefined || asked === channel ? this.#finals(channel, (voice) => [voice.flushed()]) : [],
    );
  }

  /** What is held back goes out before the last words. */
  #release(): readonly WireFrame[] {
    return this.#voices.flatMap((_, channel) => this.#finals(channel, (voice) => voice.release()));
  }

  #finals(channel: number, from: (voice: DeepgramChannel) => readonly MarkedFinal[]): readonly WireFrame[] {
    const voice = this.#voices[channel]!;
    return from(voice).flatMap(({ final, speechFinal, fromFinalize }) => {
      const isEnd = fromFinalize || (speechFinal && this.#wishes.endpointing);
      if (final === undefined && !isEnd) return [];
      const part = final ?? { channel, toMs: voice.fromMs, text: '', words: [] };
      const frame = this.#results(part, { isFinal: true, speechFinal: isEnd, fromFinalize });
      voice.fromMs = Math.max(voice.fromMs, part.toMs);
      return [frame];
    });
  }

  #utteranceEnds(): readonly WireFrame[] {
    const { utteranceEndMs, bytesPerMs } = this.#wishes;
    if (utteranceEndMs === undefined) return [];
    const heardMs = this.encoded === undefined ? this.#bytes / bytesPerMs : this.#decodedMs;
    return this.#voices.flatMap((voice, channel) => {
      const { lastWordEndMs } = voice;
      if (lastWordEndMs === undefined || !voice.quiet || heardMs - lastWordEndMs < utteranceEndMs) return [];
      voice.lastWordEndMs = undefined;
      const last_word_end = toSeconds(lastWordEndMs);
      return [JSON.stringify({ type: 'UtteranceEnd', channel: [channel, this.#voices.length], last_word_end })];
    });
  }

  #results(
    part: Pick<EventOf<'final'>, 'channel' | 'toMs' | 'text'> & { readonly words: readonly WireWord[] },
    kind: { readonly isFinal: boolean; readonly speechFinal: boolean; readonly fromFinalize: boolean },
  ): string {
    const { fromMs } = this.#voices[part.channel]!;
    const range = { fromMs, toMs: Math.max(fromMs, part.toMs), channels: this.#voices.length };
    const { punctuated, tellsLanguage } = this.#wishes;
    const language = tellsLanguage && this.#language !== 'auto' ? this.#language : undefined;
    return buildResultsFrame({ ...part, ...range, ...kind, punctuated, language }, this.#context);
  }
}
