import { type EventOf, Fault, isFault, type ServerEvent, type Start } from '../../protocol/index.ts';
import { chooseSeparator, withLeadingSpace } from '../../transcript/index.ts';
import { buildWavHeader, UNKNOWN_BYTES } from '../core/audio/wav-header.ts';
import type {
  CloseFrames,
  Dialect,
  DialectSession,
  EncodedFormat,
  FrameResult,
  HttpRefusal,
  WireFrame,
} from '../ports/dialect.ts';
import { parseLanguages } from './openai-file-options.ts';
import { toHttpStatus } from './upload-status.ts';
import { readUrlToken } from './url-token.ts';

const EMPTY_RESULT: FrameResult = { replies: [], commands: [] };
/** Utterances in one message. Each message repeats them all, so a conversation without end must not grow them without end. */
const LINES_MAX = 500;
/** What its pages send when they do not record in a container. */
const BARE_SAMPLES = { sampleRate: 16_000, channels: 1 } as const;
/** How the containers begin in which browsers and files hold sound: WebM, Ogg, WAV, FLAC, MP3 with tags. */
const CONTAINER_MARKS = ['\x1aE\xdf\xa3', 'OggS', 'RIFF', 'fLaC', 'ID3'] as const;

/** WhisperLiveKit's `/asr`: every message is the whole transcript as it stands. */
export const whisperLiveKitDialect: Dialect = {
  name: 'whisper-live-kit',
  subprotocol: () => undefined,
  credential: ({ url }) => readUrlToken(url),
  open({ url }) {
    const query = new URLSearchParams(url.split('?')[1] ?? '');
    const mode = query.get('mode') || 'full';
    if (mode !== 'full')
      return new Fault('command.option', { name: 'mode', got: mode.slice(0, 40), want: 'full, or no mode' });
    try {
      return new WhisperLiveKitSession(parseLanguages(query.get('language') ?? undefined, []));
    } catch (error) {
      if (isFault(error)) return error;
      throw error;
    }
  },
  refuse: (error): HttpRefusal => ({ status: toHttpStatus(error), headers: {}, body: { detail: error.message } }),
};

/** What was said between two silences. */
interface Line {
  text: string;
  readonly fromMs: number;
  toMs: number;
  readonly language: string;
}

class WhisperLiveKitSession implements DialectSession {
  readonly lifetime = 'connection';
  readonly encoded: EncodedFormat = {
    ...{ kind: undefined, layout: 'mix' },
    want: 'WebM, Ogg, MP4, WAV or FLAC, or 16-bit samples at 16 kHz',
  };
  readonly #languages: Pick<Start, 'language' | 'languages'>;
  readonly #lines: Line[] = [];
  /** Whether the next final begins a line of its own. */
  #isLineOver = true;
  /** The words after the last final. */
  #open = '';
  /** How far the audio was received, and how far it is recognised. */
  #receivedMs = 0;
  #recognisedMs = 0;
  #hasAudio = false;
  #isEnded = false;

  constructor(languages: Pick<Start, 'language' | 'languages'>) {
    this.#languages = languages;
  }

  /** Its pages wait for this message before they record. They record WebM, which needs no files of its server. */
  greet(): FrameResult {
    const start: Start = {
      type: 'start',
      partials: { mode: 'revisable' },
      // A line is never replaced there, so cleaning would serve nobody.
      cleanup: { mode: 'off' },
      ...this.#languages,
    };
    return { replies: [JSON.stringify({ type: 'config', useAudioWorklet: false })], commands: [start] };
  }

  /** Nothing but audio is sent; an empty message ends it. Throws `command.unknown` for text. */
  read(frame: WireFrame): FrameResult {
    if (this.#isEnded) return EMPTY_RESULT;
    if (typeof frame === 'string') throw new Fault('command.unknown', { got: 'a text frame' });
    if (frame.length === 0) {
      this.#isEnded = true;
      return { replies: [], commands: [{ type: 'finish' }] };
    }
    const needsHeader = !this.#hasAudio && !isContainer(frame);
    this.#hasAudio = true;
    const header = needsHeader ? [{ type: 'audio', bytes: buildWavHeader(BARE_SAMPLES, UNKNOWN_BYTES) } as const] : [];
    return { replies: [], commands: [...header, { type: 'audio', bytes: frame }] };
  }

  write(event: ServerEvent): readonly WireFrame[] {
    switch (event.type) {
      case 'ready':
        return [this.#render()];
      case 'ack':
        this.#receivedMs = event.audioMs;
        return [];
      case 'partial':
        this.#open = event.stable + event.tentative;
        this.#recognisedMs = Math.max(this.#recognisedMs, event.toMs);
        return [this.#render()];
      case 'final':
        this.#addFinal(event);
        return [this.#render()];
      case 'settled':
        this.#isLineOver = true;
        return [];
      case 'done':
        this.#open = '';
        this.#recognisedMs = this.#receivedMs;
        return [this.#render(), JSON.stringify({ type: 'ready_to_stop' })];
      case 'fault':
        return [JSON.stringify({ ...this.#describe(), status: 'error', error: event.text })];
      default:
        return [];
    }
  }

  end(status: number, reason: string): CloseFrames {
    return { frames: [], status, reason };
  }

  #addFinal({ text, fromMs, toMs, language }: EventOf<'final'>): void {
    this.#open = '';
    this.#recognisedMs = Math.max(this.#recognisedMs, toMs);
    const line = this.#lines.at(-1);
    if (line !== undefined && !this.#isLineOver) {
      line.text += chooseSeparator(line.text, text.trim()) + text.trim();
      line.toMs = toMs;
    } else {
      this.#lines.push({ text: text.trim(), fromMs, toMs, language });
      if (this.#lines.length > LINES_MAX) this.#lines.shift();
    }
    this.#isLineOver = false;
  }

  #render(): string {
    return JSON.stringify(this.#describe());
  }

  #describe() {
    const open = this.#open.trim();
    return {
      status: this.#lines.length === 0 && open === '' ? 'no_audio_detected' : 'active_transcription',
      lines: this.#lines.map(({ text, fromMs, toMs, language }) => ({
        ...{ speaker: 1, text, start: formatClock(fromMs), end: formatClock(toMs), detected_language: language },
      })),
      buffer_transcription: open === '' ? '' : withLeadingSpace(open, this.#lines.at(-1)?.text),
      buffer_diarization: '',
      buffer_translation: '',
      remaining_time_transcription: open === '' ? 0 : Math.max(0, this.#receivedMs - this.#recognisedMs) / 1_000,
      remaining_time_diarization: 0,
    };
  }
}

/** Whether the first bytes of a stream are those of a container. */
function isContainer(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, 8)).toString('latin1');
  // MP4 has the length of its first box before its name.
  return CONTAINER_MARKS.some((mark) => head.startsWith(mark)) || head.slice(4) === 'ftyp';
}

/** `H:MM:SS`, in whole seconds. */
function formatClock(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3_600)}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
}
