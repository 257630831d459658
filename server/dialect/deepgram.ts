import { createHash, type Hash } from 'node:crypto';
import { type EventOf, Fault, isFault, type ServerEvent } from '../../protocol/index.ts';
import type { Dialect, DialectContext, DialectSession, Encoded, Frame, Goodbye, Reading } from '../ports/dialect.ts';
import { deepgramRefusal } from './deepgram-faults.ts';
import { type Wishes, wishesOf } from './deepgram-query.ts';
import { metadataFrame, resultsFrame, seconds } from './deepgram-results.ts';
import { fieldsOf } from './json-frame.ts';

const NOTHING: Reading = { replies: [], commands: [] };
/** A final that ends this near the end of speech is the last of its utterance; word times are not exact. */
const NEAR_END_MS = 700;
/** Words shown and then taken back leave a partial that no final follows; after this they are forgotten. */
const FORGET_PARTIAL_MS = 2_000;

/** Deepgram's live `/v1/listen`. */
export const deepgramDialect: Dialect = {
  name: 'deepgram',
  // The key stands in the list, too, and must not be echoed.
  subprotocol: (offered) => offered.find((name) => /^(token|bearer)$/i.test(name)),
  open({ url }, context) {
    try {
      return new DeepgramSession(wishesOf(url), context);
    } catch (error) {
      return isFault(error) ? error : new Fault('server.bug', {}, { cause: error });
    }
  },
  refuse: deepgramRefusal,
};

/** What is known of one channel. */
interface Voice {
  /** Where its next range begins: the end of its last final. */
  fromMs: number;
  lastWordEndMs: number | undefined;
  speaking: boolean;
  /** Words were shown that are not final yet. */
  shown: boolean;
  /** Ends of speech whose last final has not been marked. */
  readonly ends: number[];
  /** A final followed such an end without being marked; if no other comes, an empty one is. */
  unmarked: boolean;
}

function voicesOf(channels: number): readonly Voice[] {
  return Array.from({ length: channels }, () => ({
    ...{ fromMs: 0, lastWordEndMs: undefined, speaking: false, shown: false, ends: [], unmarked: false },
  }));
}

class DeepgramSession implements DialectSession {
  readonly lifetime = 'connection';
  readonly #wishes: Wishes;
  readonly #context: DialectContext;
  #voices: readonly Voice[];
  readonly #hash: Hash = createHash('sha256');
  #bytes = 0;
  /** Of compressed audio: how far it was decoded. */
  #decodedMs = 0;
  #finalizing = 0;
  /** While `Finalize` is under way the newest final waits here, for the last one must say so. */
  #held: EventOf<'final'> | undefined;
  #closing = false;

  constructor(wishes: Wishes, context: DialectContext) {
    this.#wishes = wishes;
    this.#context = context;
    this.#voices = voicesOf(wishes.channels);
  }

  get encoded(): Encoded | undefined {
    return this.#wishes.encoded;
  }

  greet(): Reading {
    return { replies: [], commands: [this.#wishes.start] };
  }

  read(frame: Frame): Reading {
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

  write(event: ServerEvent): readonly Frame[] {
    switch (event.type) {
      case 'ready':
        // How many channels a container has is known only now.
        if (event.audio.channelMode === 'separate') this.#voices = voicesOf(event.audio.channels);
        return [];
      case 'speech':
        return this.#speech(event);
      case 'partial':
        return this.#partial(event);
      case 'final':
        return this.#final(event);
      case 'flushed':
        return this.#flushed();
      case 'ack':
        this.#decodedMs = event.audioMs;
        return this.#marks();
      case 'done': {
        const durationMs = this.encoded === undefined ? this.#bytes / this.#wishes.bytesPerMs : event.audioMs;
        const stream = { sha256: this.#hash.digest('hex'), durationMs, channels: this.#voices.length };
        return [...this.#release(false), ...this.#marks(), metadataFrame(this.#context, stream)];
      }
      default:
        return [];
    }
  }

  end(status: number, reason: string): Goodbye {
    const frames = this.#release(false);
    if (reason === 'session.idle') return { frames, status: 1011, reason: 'NET-0001' };
    if (/^(audio|frame|command)\./.test(reason)) return { frames, status: 1008, reason: `DATA-0000: ${reason}` };
    return { frames, status, reason };
  }

  #message(text: string): Reading {
    const { type } = fieldsOf(text);
    switch (type) {
      case 'KeepAlive':
        return { replies: [], commands: [{ type: 'keepalive' }] };
      case 'Finalize':
        this.#finalizing++;
        return { replies: [], commands: [{ type: 'flush' }] };
      case 'CloseStream':
        this.#closing = true;
        return { replies: [], commands: [{ type: 'finish' }] };
      default:
        // As there: what is not known is ignored.
        return NOTHING;
    }
  }

  #speech({ channel, state, atMs }: EventOf<'speech'>): readonly Frame[] {
    const voice = this.#voices[channel]!;
    const before = this.#marks();
    if (state === 'end') {
      voice.speaking = false;
      voice.ends.push(atMs);
      return before;
    }
    voice.speaking = true;
    if (!this.#wishes.speechEvents) return before;
    const timestamp = seconds(atMs);
    return [...before, JSON.stringify({ type: 'SpeechStarted', channel: [channel, this.#voices.length], timestamp })];
  }

  #partial(event: EventOf<'partial'>): readonly Frame[] {
    const voice = this.#voices[event.channel]!;
    const text = event.stable + event.tentative;
    if (!this.#wishes.interim || text.trim() === '') return [];
    voice.shown = true;
    voice.lastWordEndMs = event.words.at(-1)?.toMs ?? voice.lastWordEndMs;
    return [this.#results({ ...event, text }, { isFinal: false, speechFinal: false, fromFinalize: false })];
  }

  #final(event: EventOf<'final'>): readonly Frame[] {
    if (this.#finalizing === 0) return [...this.#release(false), ...this.#finalNow(event, false)];
    const before = this.#release(false);
    this.#held = event;
    return before;
  }

  #finalNow(event: EventOf<'final'>, fromFinalize: boolean): readonly Frame[] {
    const voice = this.#voices[event.channel]!;
    while (voice.ends.length > 1 && event.fromMs > voice.ends[0]!) voice.ends.shift();
    const end = voice.ends[0];
    const isLast = fromFinalize || (end !== undefined && event.toMs >= end - NEAR_END_MS);
    if (isLast) voice.ends.shift();
    voice.unmarked = !isLast && end !== undefined;
    voice.shown = false;
    const frame = this.#results(event, {
      isFinal: true,
      speechFinal: isLast && this.#wishes.endpointing,
      fromFinalize,
    });
    voice.fromMs = Math.max(voice.fromMs, event.toMs);
    voice.lastWordEndMs = event.words.at(-1)?.toMs ?? event.toMs;
    return [frame];
  }

  #flushed(): readonly Frame[] {
    this.#finalizing--;
    if (this.#held !== undefined) return this.#release(true);
    return [this.#empty(0, true)];
  }

  /** The final that waited for `Finalize` to be done. */
  #release(fromFinalize: boolean): readonly Frame[] {
    const held = this.#held;
    this.#held = undefined;
    return held === undefined ? [] : this.#finalNow(held, fromFinalize);
  }

  /** Finals of one utterance come together; what comes after them tells that the last one was the last. */
  #marks(): readonly Frame[] {
    return this.#voices.flatMap((voice, channel) => {
      if (!voice.unmarked) return [];
      voice.unmarked = false;
      voice.ends.shift();
      return this.#wishes.endpointing ? [this.#empty(channel, false)] : [];
    });
  }

  #empty(channel: number, fromFinalize: boolean): string {
    const { fromMs } = this.#voices[channel]!;
    return this.#results(
      { channel, toMs: fromMs, text: '', words: [] },
      { isFinal: true, speechFinal: fromFinalize || this.#wishes.endpointing, fromFinalize },
    );
  }

  #utteranceEnds(): readonly Frame[] {
    const { utteranceEndMs, bytesPerMs } = this.#wishes;
    if (utteranceEndMs === undefined) return [];
    const heardMs = this.encoded === undefined ? this.#bytes / bytesPerMs : this.#decodedMs;
    return this.#voices.flatMap((voice, channel) => {
      if (voice.lastWordEndMs === undefined || voice.speaking) return [];
      const gapMs = heardMs - voice.lastWordEndMs;
      if (gapMs < utteranceEndMs + (voice.shown ? FORGET_PARTIAL_MS : 0)) return [];
      const last_word_end = seconds(voice.lastWordEndMs);
      voice.lastWordEndMs = undefined;
      voice.shown = false;
      return [JSON.stringify({ type: 'UtteranceEnd', channel: [channel, this.#voices.length], last_word_end })];
    });
  }

  #results(
    part: Pick<EventOf<'final'>, 'channel' | 'toMs' | 'text' | 'words'>,
    kind: { readonly isFinal: boolean; readonly speechFinal: boolean; readonly fromFinalize: boolean },
  ): string {
    const { fromMs } = this.#voices[part.channel]!;
    const range = { fromMs, toMs: Math.max(fromMs, part.toMs), channels: this.#voices.length };
    return resultsFrame({ ...part, ...range, ...kind, punctuated: this.#wishes.punctuated }, this.#context);
  }
}
