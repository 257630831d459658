import {
  describeValue,
  type Encoding,
  type EventOf,
  Fault,
  getOwnEntry,
  type ServerEvent,
  type Start,
} from '../../protocol/index.ts';
import type { CloseFrames, Dialect, DialectSession, FrameResult, Rejection, WireFrame } from '../ports/dialect.ts';
import { readFields } from './json-frame.ts';
import { limitVocabulary } from './limit-vocabulary.ts';
import { readUrlToken } from './url-token.ts';

const NOTHING: FrameResult = { replies: [], commands: [] };
const END_OF_AUDIO = 'END_OF_AUDIO';
/** Without a wish, as many segments as its own server shows. */
const SEGMENTS = 10;
const SEGMENTS_MAX = 100;
/** When to come back to a full server, minutes. Nobody can know; its clients only show it. */
const WAIT_MINUTES = 1;
const ENCODINGS: Readonly<Record<string, Encoding>> = { float32: 'pcm_f32le', int16: 'pcm_s16le' };

/** WhisperLive's protocol: the last sentences, again and again, the newest of them still open. */
export const whisperLiveDialect: Dialect = {
  name: 'whisper-live',
  subprotocol: () => undefined,
  credential: ({ url }) => readUrlToken(url),
  open: () => new WhisperLiveSession(),
  reject: (fault) => (fault.code === 'server.full' || fault.code === 'auth.sessions' ? asksToWait : undefined),
};

/** Its clients heed only what carries their own id, which comes with their first frame. */
const asksToWait: Rejection = (frame) => {
  if (frame === undefined) return undefined;
  const uid = readUid(frame);
  if (uid === undefined) return { frames: [], status: 1013, reason: 'server.full' };
  const message = JSON.stringify({ uid, status: 'WAIT', message: WAIT_MINUTES });
  return { frames: [message], status: 1013, reason: 'server.full' };
};

/** The id in a client's first frame; undefined when it is another client's. */
export function readUid(frame: WireFrame): string | undefined {
  if (typeof frame !== 'string') return undefined;
  try {
    const { uid } = readFields(frame);
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
  #shows = { segments: SEGMENTS, words: false };
  /** Whether the client has been told the language. */
  #language: 'known' | 'unknown' = 'unknown';
  #completed: Segment[] = [];
  #endMs = 0;
  #ended = false;

  greet(): FrameResult {
    return NOTHING;
  }

  read(frame: WireFrame): FrameResult {
    if (this.#ended) return NOTHING;
    if (this.#uid === undefined) return this.#hello(frame);
    if (isEnd(frame)) {
      this.#ended = true;
      return { replies: [], commands: [{ type: 'finish' }] };
    }
    // Other texts, such as a second hello, mean nothing there either.
    return typeof frame === 'string' ? NOTHING : { replies: [], commands: [{ type: 'audio', bytes: frame }] };
  }

  write(event: ServerEvent): readonly WireFrame[] {
    switch (event.type) {
      case 'ready':
        return this.#ready(event);
      case 'partial':
        return this.#partial(event);
      case 'final':
        return this.#final(event);
      case 'done':
        // Its clients take any close they did not ask for, without this word before it, for an accident, and come back.
        return [...(this.#completed.length === 0 ? [] : [this.#segments([])]), this.#say({ message: 'DISCONNECT' })];
      case 'fault':
        return [this.#fault(event)];
      default:
        return [];
    }
  }

  end(status: number, reason: string): CloseFrames {
    return { frames: [], status, reason };
  }

  #hello(frame: WireFrame): FrameResult {
    const uid = readUid(frame);
    if (uid === undefined || typeof frame !== 'string')
      throw new Fault('command.out-of-order', { got: 'audio', want: 'a text frame {"uid": …, "language": …}' });
    this.#uid = uid;
    const hello = readFields(frame);
    const segments = Number(describeValue(hello['send_last_n_segments']));
    this.#shows = {
      segments: Number.isInteger(segments) && segments > 0 ? Math.min(SEGMENTS_MAX, segments) : SEGMENTS,
      words: hello['word_timestamps'] === true,
    };
    return { replies: [], commands: [startOf(hello)] };
  }

  /** The first message of all; the language must come before the first segment, and some clients count. */
  #ready(event: EventOf<'ready'>): readonly WireFrame[] {
    const ready = this.#say({ message: 'SERVER_READY', backend: 'faster_whisper' });
    if (event.language === 'auto') return [ready];
    return [ready, ...this.#tellLanguage(event.language)];
  }

  #tellLanguage(language: string): readonly WireFrame[] {
    if (this.#language === 'known') return [];
    this.#language = 'known';
    return [this.#say({ language, language_prob: 1 })];
  }

  #partial(event: EventOf<'partial'>): readonly WireFrame[] {
    // Until the language is told, a segment would be taken for it.
    if (this.#language === 'unknown') return [];
    const text = (event.stable + event.tentative).trim();
    if (text === '') return [this.#segments([])];
    return [this.#segments([this.#segment({ ...event, text }, false)])];
  }

  #final(event: EventOf<'final'>): readonly WireFrame[] {
    const language = this.#tellLanguage(event.language);
    this.#completed.push(this.#segment(event, true));
    if (this.#completed.length > this.#shows.segments) this.#completed.shift();
    this.#endMs = Math.max(this.#endMs, event.toMs);
    return [...language, this.#segments([])];
  }

  /** One that began before the end of the last would be dropped by its clients; word times are not that exact. */
  #segment(event: Pick<EventOf<'final'>, 'fromMs' | 'toMs' | 'text' | 'words'>, completed: boolean): Segment {
    const fromMs = Math.max(event.fromMs, this.#endMs);
    const words = event.words.map(({ text, fromMs, toMs, confidence }) => ({
      ...{ word: text, start: fromMs / 1_000, end: toMs / 1_000, probability: confidence },
    }));
    return {
      start: (fromMs / 1_000).toFixed(3),
      end: (Math.max(fromMs, event.toMs) / 1_000).toFixed(3),
      text: ` ${event.text.trim()}`,
      completed,
      ...(this.#shows.words ? { words } : {}),
    };
  }

  #segments(open: readonly Segment[]): string {
    return this.#say({ segments: [...this.#completed, ...open] });
  }

  #fault(event: EventOf<'fault'>): string {
    if (event.code === 'session.long' || event.code === 'session.idle') return this.#say({ message: 'DISCONNECT' });
    return this.#say({ status: event.fatal ? 'ERROR' : 'WARNING', message: event.text });
  }

  #say(message: object): string {
    return JSON.stringify({ uid: this.#uid ?? '', ...message });
  }
}

function startOf(hello: Readonly<Record<string, unknown>>): Start {
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
    // A completed segment is not revised there, so nothing is cleaned for nobody.
    cleanup: { mode: 'off' },
    language: typeof language === 'string' && /^[a-z]{2,3}$/.test(language) ? language : 'auto',
    ...(typeof hotwords === 'string' ? limitVocabulary(hotwords.split(/[,\s]+/)) : {}),
  };
}

/** Python sends it as bytes, the app for iOS as text. */
function isEnd(frame: WireFrame): boolean {
  if (typeof frame === 'string') return frame === END_OF_AUDIO;
  return frame.length === END_OF_AUDIO.length && Buffer.from(frame).toString('latin1') === END_OF_AUDIO;
}
