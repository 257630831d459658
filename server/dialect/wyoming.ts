import { type Command, Fault, type ServerEvent, type Start } from '../../protocol/index.ts';
import { joinSentences } from '../../transcript/index.ts';
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
import { SampleNarrower } from './sample-narrower.ts';
import { parseWyomingFormat, type WyomingFormat } from './wyoming-audio.ts';
import { encodeWyomingEvent, type WyomingEvent, WyomingReader } from './wyoming-frames.ts';

/** The path of the only route on a Wyoming port; its clients send none. */
export const WYOMING_PATH = '/wyoming';

/** The routes of a Wyoming port, on a server that supports these languages. */
export function createWyomingRoutes(languages: 'all' | readonly string[]): DialectRoutes {
  return new Map([[WYOMING_PATH, createWyomingDialect(languages)]]);
}

/** Home Assistant's speech protocol, over TCP. A connection may transcribe several times. */
export function createWyomingDialect(languages: 'all' | readonly string[]): Dialect {
  return {
    name: 'wyoming',
    subprotocol: () => undefined,
    open: (_, context) => new WyomingSession(encodeInfo(context, languages)),
    reject: (fault) => () => ({ frames: [encodeError(fault.code, fault.message)], status: 1008, reason: fault.code }),
  };
}

class WyomingSession implements DialectSession {
  readonly lifetime = 'connection';
  readonly #info: Uint8Array;
  readonly #reader = new WyomingReader();
  #language: string | undefined;
  /** The format of the session's audio, once it has begun. */
  #format: WyomingFormat | undefined;
  #narrower = new SampleNarrower(2);
  /** Ends of audio that are not answered yet. */
  #stops = 0;
  #finals: string[] = [];
  /** How much of the transcript has been sent; it is only ever appended to. */
  #sent: string | undefined;
  #spokenLanguage: string | undefined;

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
      const result = this.#handleEvent(event);
      replies.push(...result.replies);
      commands.push(...result.commands);
    }
    return { replies, commands };
  }

  write(event: ServerEvent): readonly WireFrame[] {
    switch (event.type) {
      case 'partial':
        return event.stable === '' ? [] : this.#renderChunk(joinSentences([...this.#finals, event.stable]));
      case 'final':
        this.#finals.push(event.text);
        this.#spokenLanguage = event.language;
        return this.#renderChunk(joinSentences(this.#finals));
      case 'flushed':
        return this.#renderTranscript();
      case 'done':
        return this.#stops > 0 || this.#finals.length > 0 ? this.#renderTranscript() : [];
      case 'fault':
        return [encodeError(event.code, event.text)];
      default:
        return [];
    }
  }

  end(status: number, reason: string): CloseFrames {
    return { frames: [], status, reason };
  }

  #handleEvent({ type, data, payload }: WyomingEvent): FrameResult {
    const keepalive: Command[] = this.#format === undefined ? [] : [{ type: 'keepalive' }];
    switch (type) {
      case 'describe':
        return { replies: [this.#info], commands: keepalive };
      case 'ping':
        return { replies: [encodeWyomingEvent('pong', { text: data['text'] ?? null })], commands: keepalive };
      case 'transcribe':
        return this.#transcribe(data);
      case 'audio-start':
        return { replies: [], commands: this.#start(data) };
      case 'audio-chunk': {
        const commands = this.#format === undefined ? this.#start(data) : [];
        return { replies: [], commands: [...commands, { type: 'audio', bytes: this.#narrower.push(payload) }] };
      }
      case 'audio-stop':
        this.#stops++;
        if (this.#format === undefined) return { replies: this.#renderTranscript(), commands: [] };
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

  /** A session has one format; all later audio of the connection must match it. */
  #start(data: Readonly<Record<string, unknown>>): readonly Command[] {
    const format = parseWyomingFormat(data);
    if (this.#format !== undefined) {
      const describeFormat = ({ rate, width, channels }: WyomingFormat): string => `${rate}/${width}/${channels}`;
      if (describeFormat(format) === describeFormat(this.#format)) return [];
      throw new Fault('command.out-of-order', {
        got: `audio of ${describeFormat(format)}`,
        want: describeFormat(this.#format),
      });
    }
    this.#format = format;
    this.#narrower = new SampleNarrower(format.width);
    return [createStart(format, this.#language)];
  }

  /** Chunks only ever append. */
  #renderChunk(text: string): readonly WireFrame[] {
    if (!text.startsWith(this.#sent ?? '') || text === (this.#sent ?? '')) return [];
    const start =
      this.#sent === undefined
        ? [encodeWyomingEvent('transcript-start', toLanguageField(this.#spokenLanguage ?? this.#language))]
        : [];
    const chunk = encodeWyomingEvent('transcript-chunk', { text: text.slice(this.#sent?.length ?? 0) });
    this.#sent = text;
    return [...start, chunk];
  }

  #renderTranscript(): readonly WireFrame[] {
    const text = joinSentences(this.#finals);
    const language = toLanguageField(this.#spokenLanguage ?? this.#language);
    const frames = [
      ...(this.#sent === undefined ? [encodeWyomingEvent('transcript-start', language)] : []),
      encodeWyomingEvent('transcript', { text, ...language }),
      encodeWyomingEvent('transcript-stop'),
    ];
    this.#stops = Math.max(0, this.#stops - 1);
    this.#finals = [];
    this.#sent = undefined;
    this.#spokenLanguage = undefined;
    return frames;
  }
}

const toLanguageField = (language: string | undefined): object => (language === undefined ? {} : { language });

function createStart({ rate, channels }: WyomingFormat, language: string | undefined): Start {
  return {
    type: 'start',
    audio: { encoding: 'pcm_s16le', sampleRate: rate, channels, channelMode: 'mix' },
    partials: { mode: 'stable' },
    // Sent text cannot be taken back, so the transcript is as spoken.
    cleanup: { mode: 'off' },
    ...(language === undefined ? {} : { language }),
  };
}

function encodeError(code: string, text: string): Uint8Array {
  return encodeWyomingEvent('error', { text, code });
}

/** Every field must be present: Home Assistant's reader has no defaults. */
function encodeInfo({ model }: DialectContext, languages: 'all' | readonly string[]): Uint8Array {
  const attribution = { name: 'Sotto', url: '' };
  const artifact = { attribution, installed: true, version: null };
  const supported = languages === 'all' ? [...WHISPER_LANGUAGES].sort() : languages;
  const asr = {
    ...{ name: 'sotto', description: 'Sotto, live transcription', ...artifact },
    models: [{ name: model, description: model, ...artifact, languages: supported }],
    supports_transcript_streaming: true,
    requires_external_vad: true,
    prefers_auto_gain_enabled: true,
    prefers_noise_reduction_enabled: true,
  };
  return encodeWyomingEvent('info', { asr: [asr], tts: [], handle: [], intent: [], wake: [], mic: [], snd: [] });
}
