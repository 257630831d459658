import { type Command, Fault, type ServerEvent, type Start } from '../../protocol/index.ts';
import { WHISPER_LANGUAGES } from '../core/session/resolve-settings.ts';
import type {
  CloseFrames,
  Dialect,
  DialectContext,
  DialectRoutes,
  DialectSession,
  FrameResult,
  WireFrame,
} from '../ports/dialect.ts';
import { joinSentences } from './plain-text.ts';
import { parseWyomingFormat, SampleNarrower, type WyomingFormat } from './wyoming-audio.ts';
import { encodeWyomingEvent, type WyomingEvent, WyomingReader } from './wyoming-frames.ts';

/** What the only door of a Wyoming port is called; its clients send no path. */
export const WYOMING_PATH = '/wyoming';

/** The routes of a Wyoming port, of a server that knows these languages. */
export function createWyomingRoutes(languages: 'all' | readonly string[]): DialectRoutes {
  return new Map([[WYOMING_PATH, createWyomingDialect(languages)]]);
}

/** Home Assistant's protocol for speech, over TCP. A connection may transcribe again and again. */
export function createWyomingDialect(languages: 'all' | readonly string[]): Dialect {
  return {
    name: 'wyoming',
    subprotocol: () => undefined,
    open: (_, context) => new WyomingSession(infoOf(context, languages)),
    reject: (fault) => () => ({ frames: [errorOf(fault.code, fault.message)], status: 1008, reason: fault.code }),
  };
}

class WyomingSession implements DialectSession {
  readonly lifetime = 'connection';
  readonly #info: Uint8Array;
  readonly #reader = new WyomingReader();
  #language: string | undefined;
  /** The audio of the session, once it has begun. */
  #format: WyomingFormat | undefined;
  #narrowing = new SampleNarrower(2);
  /** Ends of audio that are not answered yet. */
  #stops = 0;
  #finals: string[] = [];
  /** What has gone out of the transcript; it is only ever added to. */
  #sent: string | undefined;
  #spoken: string | undefined;

  constructor(info: Uint8Array) {
    this.#info = info;
  }

  greet(): FrameResult {
    return { replies: [], commands: [] };
  }

  read(frame: WireFrame): FrameResult {
    const bytes = typeof frame === 'string' ? Buffer.from(frame) : frame;
    const replies: WireFrame[] = [];
    const commands: Command[] = [];
    for (const event of this.#reader.read(bytes)) {
      const reading = this.#event(event);
      replies.push(...reading.replies);
      commands.push(...reading.commands);
    }
    return { replies, commands };
  }

  write(event: ServerEvent): readonly WireFrame[] {
    switch (event.type) {
      case 'partial':
        return event.stable === '' ? [] : this.#grow(joinSentences([...this.#finals, event.stable]));
      case 'final':
        this.#finals.push(event.text);
        this.#spoken = event.language;
        return this.#grow(joinSentences(this.#finals));
      case 'flushed':
        return this.#transcript();
      case 'done':
        return this.#stops > 0 || this.#finals.length > 0 ? this.#transcript() : [];
      case 'fault':
        return [errorOf(event.code, event.text)];
      default:
        return [];
    }
  }

  end(status: number, reason: string): CloseFrames {
    return { frames: [], status, reason };
  }

  #event({ type, data, payload }: WyomingEvent): FrameResult {
    const alive: Command[] = this.#format === undefined ? [] : [{ type: 'keepalive' }];
    switch (type) {
      case 'describe':
        return { replies: [this.#info], commands: alive };
      case 'ping':
        return { replies: [encodeWyomingEvent('pong', { text: data['text'] ?? null })], commands: alive };
      case 'transcribe':
        return this.#transcribe(data);
      case 'audio-start':
        return { replies: [], commands: this.#begin(data) };
      case 'audio-chunk': {
        const commands = this.#format === undefined ? this.#begin(data) : [];
        return { replies: [], commands: [...commands, { type: 'audio', bytes: this.#narrowing.push(payload) }] };
      }
      case 'audio-stop':
        this.#stops++;
        if (this.#format === undefined) return { replies: this.#transcript(), commands: [] };
        return { replies: [], commands: [{ type: 'flush' }] };
      default:
        return { replies: [], commands: [] };
    }
  }

  #transcribe({ language }: Readonly<Record<string, unknown>>): FrameResult {
    this.#language = typeof language === 'string' ? language.split(/[-_]/)[0]!.toLowerCase() : undefined;
    if (this.#format === undefined || this.#language === undefined) return { replies: [], commands: [] };
    return { replies: [], commands: [{ type: 'configure', language: this.#language }] };
  }

  /** A session has one format; all later audio of the connection has to have it, too. */
  #begin(data: Readonly<Record<string, unknown>>): readonly Command[] {
    const format = parseWyomingFormat(data);
    if (this.#format !== undefined) {
      const text = ({ rate, width, channels }: WyomingFormat): string => `${rate}/${width}/${channels}`;
      if (text(format) === text(this.#format)) return [];
      throw new Fault('command.out-of-order', { got: `audio of ${text(format)}`, want: text(this.#format) });
    }
    this.#format = format;
    this.#narrowing = new SampleNarrower(format.width);
    return [startOf(format, this.#language)];
  }

  /** Chunks only ever append. */
  #grow(text: string): readonly WireFrame[] {
    if (!text.startsWith(this.#sent ?? '') || text === (this.#sent ?? '')) return [];
    const start =
      this.#sent === undefined
        ? [encodeWyomingEvent('transcript-start', languageOf(this.#spoken ?? this.#language))]
        : [];
    const chunk = encodeWyomingEvent('transcript-chunk', { text: text.slice(this.#sent?.length ?? 0) });
    this.#sent = text;
    return [...start, chunk];
  }

  #transcript(): readonly WireFrame[] {
    const text = joinSentences(this.#finals);
    const language = languageOf(this.#spoken ?? this.#language);
    const frames = [
      ...(this.#sent === undefined ? [encodeWyomingEvent('transcript-start', language)] : []),
      encodeWyomingEvent('transcript', { text, ...language }),
      encodeWyomingEvent('transcript-stop'),
    ];
    this.#stops = Math.max(0, this.#stops - 1);
    this.#finals = [];
    this.#sent = undefined;
    this.#spoken = undefined;
    return frames;
  }
}

const languageOf = (language: string | undefined): object => (language === undefined ? {} : { language });

function startOf({ rate, channels }: WyomingFormat, language: string | undefined): Start {
  return {
    type: 'start',
    audio: { encoding: 'pcm_s16le', sampleRate: rate, channels, channelMode: 'mix' },
    partials: { mode: 'stable' },
    // What was sent cannot be taken back, so the transcript is as spoken.
    cleanup: { mode: 'off' },
    ...(language === undefined ? {} : { language }),
  };
}

function errorOf(code: string, text: string): Uint8Array {
  return encodeWyomingEvent('error', { text, code });
}

/** Every field must be there: Home Assistant's reader has no defaults. */
function infoOf({ model }: DialectContext, languages: 'all' | readonly string[]): Uint8Array {
  const attribution = { name: 'Sotto', url: '' };
  const artifact = { attribution, installed: true, version: null };
  const known = languages === 'all' ? [...WHISPER_LANGUAGES].sort() : languages;
  const asr = {
    ...{ name: 'sotto', description: 'Sotto, live transcription', ...artifact },
    models: [{ name: model, description: model, ...artifact, languages: known }],
    supports_transcript_streaming: true,
    requires_external_vad: true,
    prefers_auto_gain_enabled: true,
    prefers_noise_reduction_enabled: true,
  };
  return encodeWyomingEvent('info', { asr: [asr], tts: [], handle: [], intent: [], wake: [], mic: [], snd: [] });
}
