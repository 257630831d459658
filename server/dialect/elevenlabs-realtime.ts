import {
  describeValue,
  type EventOf,
  Fault,
  type FaultCode,
  isFault,
  LIMITS,
  parseJson,
  type ServerEvent,
} from '../../protocol/index.ts';
import { joinSentences } from '../../transcript/index.ts';
import type { CloseFrames, Dialect, DialectContext, DialectSession, FrameResult, WireFrame } from '../ports/dialect.ts';
import { buildElevenLabsRefusal, renderElevenLabsError } from './elevenlabs-faults.ts';
import { createOptionFault, type ElevenLabsOptions, parseElevenLabsOptions } from './elevenlabs-options.ts';
import { toElevenLabsWords } from './elevenlabs-words.ts';
import { readUrlToken } from './url-token.ts';

/** A segment that nobody commits is committed with the sentence that makes it this long, ms, as there. */
const SEGMENT_MS_MAX = 90_000;
const SAMPLE_RATE_DEFAULT = 16_000;

/** ElevenLabs' `/v1/speech-to-text/realtime`: segments that the client commits, or silence does. */
export const elevenLabsRealtimeDialect: Dialect = {
  name: 'elevenlabs',
  subprotocol: () => undefined,
  // A single-use token; a key comes in the header `xi-api-key`.
  credential: ({ url }) => readUrlToken(url),
  open({ url }, context) {
    try {
      return new RealtimeSession(parseElevenLabsOptions(url), context);
    } catch (error) {
      if (isFault(error)) return error;
      throw error;
    }
  },
  refuse: buildElevenLabsRefusal,
};

type Final = EventOf<'final'>;
type Fields = Readonly<Record<string, unknown>>;

class RealtimeSession implements DialectSession {
  readonly lifetime = 'connection';
  readonly #options: ElevenLabsOptions;
  readonly #context: DialectContext;
  #sampleRate: number | undefined;
  /** The sentences since the last commit. */
  #segment: Final[] = [];
  /** The last partial, which is sent once only. */
  #shown = '';
  /** Whether a segment was committed since the client asked for it. */
  #hasCommitted = false;

  constructor(options: ElevenLabsOptions, context: DialectContext) {
    this.#options = options;
    this.#context = context;
    this.#sampleRate = options.format?.sampleRate;
  }

  greet(): FrameResult {
    const { format, language, timestamps, languageDetection, commitStrategy, silenceSeconds, modelId } = this.#options;
    const config = {
      ...{ model_id: modelId, sample_rate: format?.sampleRate ?? SAMPLE_RATE_DEFAULT },
      ...{ audio_format: format?.name ?? `pcm_${SAMPLE_RATE_DEFAULT}`, commit_strategy: commitStrategy },
      ...(language === undefined ? {} : { language_code: language }),
      ...{ vad_silence_threshold_secs: silenceSeconds, include_timestamps: timestamps },
      include_language_detection: languageDetection,
    };
    const started = JSON.stringify({ message_type: 'session_started', session_id: this.#context.id, config });
    return { replies: [started], commands: format === undefined ? [] : [this.#createStart(format)] };
  }

  /** Throws nothing: what cannot be read is answered with `input_error`, and the conversation goes on. */
  read(frame: WireFrame): FrameResult {
    try {
      return this.#readMessage(typeof frame === 'string' ? frame : Buffer.from(frame).toString('utf8'));
    } catch (error) {
      if (!isFault(error)) throw error;
      return { replies: [renderElevenLabsError(error.code, error.message)], commands: [] };
    }
  }

  write(event: ServerEvent): readonly WireFrame[] {
    switch (event.type) {
      case 'partial':
        return this.#renderPartial(event.stable + event.tentative);
      case 'final':
        return this.#addFinal(event);
      case 'settled':
        return this.#options.commitStrategy === 'vad' && this.#segment.length > 0 ? this.#commit() : [];
      case 'flushed':
        // With `vad`, the end of the speech that the flush has made may have committed it.
        return this.#segment.length > 0 || !this.#hasCommitted ? this.#commit() : [];
      case 'done':
        return this.#segment.length > 0 ? this.#commit() : [];
      case 'fault':
        return [renderElevenLabsError(event.code as FaultCode, event.text)];
      default:
        return [];
    }
  }

  end(status: number, reason: string): CloseFrames {
    return { frames: [], status, reason };
  }

  #readMessage(text: string): FrameResult {
    const value = parseJson(text);
    const fields = (typeof value === 'object' && value !== null ? value : {}) as Fields;
    const { message_type: type, audio_base_64: audio, commit } = fields;
    if (type !== 'input_audio_chunk') {
      if (text.length > LIMITS.textBytesMax)
        throw new Fault('frame.size', { bytes: text.length, limit: LIMITS.textBytesMax });
      throw createOptionFault('message_type', type, 'input_audio_chunk');
    }
    if (audio !== undefined && typeof audio !== 'string')
      throw createOptionFault('audio_base_64', audio, 'base64 text');
    const start = this.#startAt(fields['sample_rate']);
    const bytes = Uint8Array.from(Buffer.from(audio ?? '', 'base64'));
    if (commit === true) this.#hasCommitted = false;
    return {
      replies: [],
      commands: [
        ...start,
        ...(bytes.length === 0 ? [] : [{ type: 'audio', bytes } as const]),
        ...(commit === true ? [{ type: 'flush' } as const] : []),
      ],
    };
  }

  /** Starts the session with its first chunk if no format was named; after that, the sample rate is fixed. */
  #startAt(value: unknown): FrameResult['commands'] {
    const sampleRate = value ?? this.#sampleRate ?? SAMPLE_RATE_DEFAULT;
    if (sampleRate === this.#sampleRate) return [];
    if (this.#sampleRate !== undefined) throw createOptionFault('sample_rate', value, `${this.#sampleRate}, as before`);
    if (typeof sampleRate !== 'number' || !Number.isInteger(sampleRate) || sampleRate < 8_000 || sampleRate > 48_000)
      throw createOptionFault('sample_rate', describeValue(value), '8000 to 48000');
    this.#sampleRate = sampleRate;
    return [this.#createStart({ encoding: 'pcm_s16le', sampleRate })];
  }

  #createStart({ encoding, sampleRate }: Pick<NonNullable<ElevenLabsOptions['format']>, 'encoding' | 'sampleRate'>) {
    return {
      type: 'start',
      audio: { encoding, sampleRate, channels: 1, channelMode: 'mix' },
      partials: { mode: 'revisable' },
      // A committed segment is never replaced there, so cleaning would serve nobody.
      cleanup: { mode: 'off' },
      ...this.#options.settings,
    } as const;
  }

  #renderPartial(open: string): readonly WireFrame[] {
    const text = joinSentences([...this.#segment.map((final) => final.text), open]);
    if (text === this.#shown) return [];
    this.#shown = text;
    return [JSON.stringify({ message_type: 'partial_transcript', text })];
  }

  #addFinal(final: Final): readonly WireFrame[] {
    if (final.text.trim() !== '') this.#segment.push(final);
    const first = this.#segment[0];
    if (first !== undefined && final.toMs - first.fromMs >= SEGMENT_MS_MAX) return this.#commit();
    return this.#renderPartial('');
  }

  /** Ends the segment. The client waits for an answer to its commit, so an empty one has one, too. */
  #commit(): readonly WireFrame[] {
    const finals = this.#segment;
    this.#segment = [];
    this.#shown = '';
    this.#hasCommitted = true;
    const text = joinSentences(finals.map((final) => final.text));
    const committed = JSON.stringify({ message_type: 'committed_transcript', text });
    const { timestamps, languageDetection } = this.#options;
    if (!timestamps && !languageDetection) return [committed];
    const language = finals[0]?.language;
    const detailed = {
      ...{ message_type: 'committed_transcript_with_timestamps', text },
      ...(language === undefined ? {} : { language_code: language }),
      ...(timestamps ? { words: toElevenLabsWords(finals.flatMap(({ words }) => words)) } : {}),
    };
    return [committed, JSON.stringify(detailed)];
  }
}
