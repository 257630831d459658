import {
  describeValue,
  type Encoding,
  type EventOf,
  Fault,
  getOwnEntry,
  type ServerEvent,
  type Start,
} from '../../protocol/index.ts';
import { withLeadingSpace } from '../../transcript/index.ts';
import type { CloseFrames, Dialect, DialectSession, FrameResult, Rejection, WireFrame } from '../ports/dialect.ts';
import { readBinaryMessage, readFields } from './json-frame.ts';
import { limitVocabulary } from './limit-vocabulary.ts';
import { readUrlToken } from './url-token.ts';
import { WavStream } from './wav-stream.ts';

const EMPTY_RESULT: FrameResult = { replies: [], commands: [] };
const END_OF_AUDIO = 'END_OF_AUDIO';
/** The default number of segments, as in its own server. */
const SEGMENTS_DEFAULT = 10;
const SEGMENTS_MAX = 100;
/** When to return to a full server, minutes. Nobody can know; the clients only display it. */
const WAIT_MINUTES = 1;
const ENCODINGS: Readonly<Record<string, Encoding>> = { float32: 'pcm_f32le', int16: 'pcm_s16le' };

/** WhisperLive's protocol: it sends the last sentences again and again, the newest of them still open. */
export const whisperLiveDialect: Dialect = {
  name: 'whisper-live',
  subprotocol: () => undefined,
  credential: ({ url }) => readUrlToken(url),
  open: () => new WhisperLiveSession(),
  reject: (fault) => (fault.code === 'server.full' || fault.code === 'auth.sessions' ? askToWait : undefined),
};

/** Its clients only heed messages with their own id, which comes with their first frame. */
const askToWait: Rejection = (frame) => {
  if (frame === undefined) return undefined;
  const uid = readUid(frame);
  if (uid === undefined) return { frames: [], status: 1013, reason: 'server.full' };
  const message = JSON.stringify({ uid, status: 'WAIT', message: WAIT_MINUTES });
  return { frames: [message], status: 1013, reason: 'server.full' };
};

/** The id in a client's first frame; undefined when the frame comes from another kind of client. */
export function readUid(frame: WireFrame): string | undefined {
  const text = typeof frame === 'string' ? frame : readBinaryMessage(frame, ['uid']);
  if (text === undefined) return undefined;
  try {
    const { uid } = readFields(text);
    return typeof uid === 'string' ? uid : undefined;
  } catch {
    return undefined;
  }
}

interface Segment {
  readonly start: string;
  readonly end: string;
  readonly text: string;
  readonly completed: boolean;
  readonly words?: readonly object[];
}

export class WhisperLiveSession implements DialectSession {
  readonly lifetime = 'connection';
  #uid: string | undefined;
  #display = { segments: SEGMENTS_DEFAULT, words: false };
  /** Whether the client knows the language. */
  #language: 'known' | 'unknown' = 'unknown';
  #completed: Segment[] = [];
  /** Some clients send a WAV file as it is. */
  #wav: WavStream | undefined;
  #endMs = 0;
  #isEnded = false;

  greet(): FrameResult {
    return EMPTY_RESULT;
  }

  read(frame: WireFrame): FrameResult {
    if (this.#isEnded) return EMPTY_RESULT;
    if (this.#uid === undefined) return this.#readHello(frame);
    if (isEndOfAudio(frame)) {
      this.#isEnded = true;
      return { replies: [], commands: [{ type: 'finish' }] };
    }
    // Other texts, such as a second hello, are ignored there, too.
    if (typeof frame === 'string') return EMPTY_RESULT;
    const bytes = this.#wav?.push(frame) ?? frame;
    return { replies: [], commands: bytes.length === 0 ? [] : [{ type: 'audio', bytes }] };
  }

  write(event: ServerEvent): readonly WireFrame[] {
    switch (event.type) {
      case 'ready':
        return this.#renderReady(event);
      case 'partial':
        return this.#renderPartial(event);
      case 'final':
        return this.#renderFinal(event);
      case 'done':
        // Without this message, its clients take a close for an accident and reconnect.
        return [
          ...(this.#completed.length === 0 ? [] : [this.#renderSegments([])]),
          this.#render({ message: 'DISCONNECT' }),
        ];
      case 'fault':
        return [this.#renderFault(event)];
      default:
        return [];
    }
  }

  end(status: number, reason: string): CloseFrames {
    return { frames: [], status, reason };
  }

  #readHello(frame: WireFrame): FrameResult {
    const uid = readUid(frame);
    if (uid === undefined)
      throw new Fault('command.out-of-order', { got: 'audio', want: 'a text frame {"uid": …, "language": …}' });
    this.#uid = uid;
    const hello = readFields(typeof frame === 'string' ? frame : Buffer.from(frame).toString('utf8'));
    const segments = Number(describeValue(hello['send_last_n_segments']));
    this.#display = {
      segments: Number.isInteger(segments) && segments > 0 ? Math.min(SEGMENTS_MAX, segments) : SEGMENTS_DEFAULT,
      words: hello['word_timestamps'] === true,
    };
    const start = createStart(hello);
    this.#wav = new WavStream(start.audio);
    return { replies: [], commands: [start] };
  }

  /** Must be the first message; the language must come before the first segment, and some clients count messages. */
  #renderReady(event: EventOf<'ready'>): readonly WireFrame[] {
    const ready = this.#render({ message: 'SERVER_READY', backend: 'faster_whisper' });
    if (event.language === 'auto') return [ready];
    return [ready, ...this.#renderLanguage(event.language)];
  }

  #renderLanguage(language: string): readonly WireFrame[] {
    if (this.#language === 'known') return [];
    this.#language = 'known';
    return [this.#render({ language, language_prob: 1 })];
  }

  #renderPartial(event: EventOf<'partial'>): readonly WireFrame[] {
    // Until the client knows the language, it would take a segment for it.
    if (this.#language === 'unknown') return [];
    const text = (event.stable + event.tentative).trim();
    if (text === '') return [this.#renderSegments([])];
    return [this.#renderSegments([this.#toSegment({ ...event, text }, false)])];
  }

  #renderFinal(event: EventOf<'final'>): readonly WireFrame[] {
    const language = this.#renderLanguage(event.language);
    this.#completed.push(this.#toSegment(event, true));
    if (this.#completed.length > this.#display.segments) this.#completed.shift();
    this.#endMs = Math.max(this.#endMs, event.toMs);
    return [...language, this.#renderSegments([])];
  }

  /** Its clients would drop a segment that begins before the end of the last; word times are not that exact. */
  #toSegment(event: Pick<EventOf<'final'>, 'fromMs' | 'toMs' | 'text' | 'words'>, completed: boolean): Segment {
    const fromMs = Math.max(event.fromMs, this.#endMs);
    const words = event.words.map(({ text, fromMs, toMs, confidence }) => ({
      ...{ word: text, start: fromMs / 1_000, end: toMs / 1_000, probability: confidence },
    }));
    return {
      start: (fromMs / 1_000).toFixed(3),
      end: (Math.max(fromMs, event.toMs) / 1_000).toFixed(3),
      text: withLeadingSpace(event.text, this.#completed.at(-1)?.text),
      completed,
      ...(this.#display.words ? { words } : {}),
    };
  }

  #renderSegments(open: readonly Segment[]): string {
    return this.#render({ segments: [...this.#completed, ...open] });
  }

  #renderFault(event: EventOf<'fault'>): string {
    if (event.code === 'session.long' || event.code === 'session.idle') return this.#render({ message: 'DISCONNECT' });
    return this.#render({ status: event.fatal ? 'ERROR' : 'WARNING', message: event.text });
  }

  #render(message: object): string {
    return JSON.stringify({ uid: this.#uid ?? '', ...message });
  }
}

function createStart(hello: Readonly<Record<string, unknown>>): Start {
  const format = hello['audio_format'] ?? 'float32';
  const encoding = getOwnEntry(ENCODINGS, describeValue(format));
  if (encoding === undefined)
    throw new Fault('audio.format', { got: describeValue(format), want: 'float32 or int16 at 16 kHz' });
  const { language, task, hotwords } = hello;
  return {
    type: 'start',
    audio: { encoding, sampleRate: 16_000, channels: 1, channelMode: 'mix' },
    task: task === 'translate' ? 'translate' : 'transcribe',
    partials: { mode: 'revisable' },
    // A completed segment is never revised there, so cleaning would serve nobody.
    cleanup: { mode: 'off' },
    language: typeof language === 'string' && /^[a-z]{2,3}$/.test(language) ? language : 'auto',
    ...(typeof hotwords === 'string' ? limitVocabulary(hotwords.split(/[,\s]+/)) : {}),
  };
}

/** Python sends it as bytes, the iOS app as text. */
function isEndOfAudio(frame: WireFrame): boolean {
  if (typeof frame === 'string') return frame === END_OF_AUDIO;
  return frame.length === END_OF_AUDIO.length && Buffer.from(frame).toString('latin1') === END_OF_AUDIO;
}
