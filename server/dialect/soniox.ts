import { describeValue, type EventOf, FAULTS, Fault, type FaultCode, type ServerEvent } from '../../protocol/index.ts';
import { joinSentences } from '../../transcript/index.ts';
import { buildWavHeader, UNKNOWN_BYTES } from '../core/audio/wav-header.ts';
import type { CloseFrames, Dialect, DialectSession, EncodedFormat, FrameResult, WireFrame } from '../ports/dialect.ts';
import { readFields } from './json-frame.ts';
import { parseSonioxOptions, type SonioxOptions } from './soniox-options.ts';
import { toHttpStatus } from './upload-status.ts';
import { readUrlToken } from './url-token.ts';
import { cutIntoTokens } from './word-tokens.ts';

const EMPTY_RESULT: FrameResult = { replies: [], commands: [] };
const FINISH: FrameResult = { replies: [], commands: [{ type: 'finish' }] };
/** How much of the text before a sentence is kept: the space after it depends on its last characters only. */
const CONTEXT_CHARS = 40;

/** Soniox' `/transcribe-websocket`: a stream of words, each of them final at some time. */
export const sonioxDialect: Dialect = {
  name: 'soniox',
  subprotocol: () => undefined,
  // Its own clients send the key in their first message, which comes after the upgrade that needs it.
  credential: ({ url }) => readUrlToken(url),
  open: () => new SonioxSession(),
  refuse: (error) => ({ status: toHttpStatus(error), headers: {}, body: toError(error.code, error.message) }),
};

interface Token {
  readonly text: string;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly confidence: number;
  readonly is_final: boolean;
  readonly language?: string;
}

class SonioxSession implements DialectSession {
  readonly lifetime = 'connection';
  /** The first message names the format, too late to choose: all audio passes the decoder. */
  readonly encoded: EncodedFormat = {
    ...{ kind: undefined, layout: 'mix' },
    want: 'pcm_s16le, or a container such as wav, ogg, webm, mp3 or flac',
  };
  #options: SonioxOptions | undefined;
  #needsHeader = false;
  /** The end of the text that is final. */
  #finalText = '';
  #finalMs = 0;
  #totalMs = 0;
  /** Whether something was said since the last end of an utterance. */
  #hasSpoken = false;
  #isEnded = false;

  greet(): FrameResult {
    return EMPTY_RESULT;
  }

  /** An empty message, of either kind, ends the audio. Throws `command.*` and `audio.format`. */
  read(frame: WireFrame): FrameResult {
    if (this.#isEnded) return EMPTY_RESULT;
    if (this.#options === undefined) return this.#start(frame);
    if (frame.length === 0) {
      this.#isEnded = true;
      return FINISH;
    }
    if (typeof frame === 'string') return readControl(frame);
    const { samples } = this.#options;
    const header =
      samples === undefined || !this.#needsHeader
        ? []
        : [{ type: 'audio', bytes: buildWavHeader(samples, UNKNOWN_BYTES) } as const];
    this.#needsHeader = false;
    return { replies: [], commands: [...header, { type: 'audio', bytes: frame }] };
  }

  write(event: ServerEvent): readonly WireFrame[] {
    switch (event.type) {
      case 'ack':
        this.#totalMs = event.audioMs;
        return [];
      case 'partial':
        return [this.#render(this.#toTokens(event, event.stable + event.tentative, false))];
      case 'final':
        return [this.#renderFinal(event)];
      case 'settled':
        return this.#renderEndpoint(event.atMs);
      case 'flushed':
        return [this.#render([markAt('<fin>', event.audioMs)])];
      case 'done':
        this.#finalMs = Math.max(this.#finalMs, event.audioMs);
        return [this.#render([], { finished: true })];
      case 'fault':
        return [JSON.stringify(toError(event.code as FaultCode, event.text))];
      default:
        return [];
    }
  }

  end(status: number, reason: string): CloseFrames {
    return { frames: [], status, reason };
  }

  #start(frame: WireFrame): FrameResult {
    if (typeof frame !== 'string')
      throw new Fault('command.out-of-order', { got: 'audio', want: 'the configuration, a JSON object' });
    this.#options = parseSonioxOptions(readFields(frame));
    this.#needsHeader = this.#options.samples !== undefined;
    return { replies: [], commands: [this.#options.start] };
  }

  #renderEndpoint(atMs: number): readonly WireFrame[] {
    const isShown = this.#hasSpoken && this.#options?.endpoints === true;
    this.#hasSpoken = false;
    return isShown ? [this.#render([markAt('<end>', atMs)])] : [];
  }

  #renderFinal(event: EventOf<'final'>): string {
    const tokens = this.#toTokens(event, event.text, true, event.language);
    this.#finalText = joinSentences([this.#finalText, event.text]).slice(-CONTEXT_CHARS);
    this.#finalMs = Math.max(this.#finalMs, event.toMs);
    this.#hasSpoken ||= tokens.length > 0;
    return this.#render(tokens);
  }

  #toTokens({ words }: Pick<EventOf<'final'>, 'words'>, text: string, isFinal: boolean, language?: string): Token[] {
    const named = this.#options?.languages && language !== undefined ? { language } : {};
    return cutIntoTokens(text, words, this.#finalText).map(({ token, word }) => ({
      ...{ text: token, start_ms: word.fromMs, end_ms: word.toMs, confidence: word.confidence, is_final: isFinal },
      ...named,
    }));
  }

  /** Tokens that are not final replace those of the message before. */
  #render(tokens: readonly Token[], more: object = {}): string {
    const lastMs = tokens.at(-1)?.end_ms ?? 0;
    this.#totalMs = Math.max(this.#totalMs, this.#finalMs, lastMs);
    return JSON.stringify({
      ...{ tokens, final_audio_proc_ms: this.#finalMs, total_audio_proc_ms: this.#totalMs },
      ...more,
    });
  }
}

/** Throws `command.unknown`. */
function readControl(text: string): FrameResult {
  const { type } = readFields(text);
  if (type === 'finalize') return { replies: [], commands: [{ type: 'flush' }] };
  if (type === 'keepalive') return { replies: [], commands: [{ type: 'keepalive' }] };
  throw new Fault('command.unknown', { got: describeValue(type) });
}

/** A mark in the stream of words, which is final and has no length. */
const markAt = (text: string, ms: number): Token => ({
  ...{ text, start_ms: ms, end_ms: ms, confidence: 1, is_final: true },
});

function toError(code: FaultCode, message: string): object {
  const { http } = FAULTS[code];
  const status = http === 415 || http === 426 ? 400 : http;
  return { error_code: status, error_message: message };
}
