import { describeValue, type EventOf, Fault, isFault, type ServerEvent } from '../../protocol/index.ts';
import type {
  CloseFrames,
  Dialect,
  DialectContext,
  DialectSession,
  EncodedFormat,
  FrameResult,
  WireFrame,
} from '../ports/dialect.ts';
import { deepgramDialect } from './deepgram.ts';
import { toDeepgramClose } from './deepgram-faults.ts';
import {
  type FluxOptions,
  type FluxSettings,
  parseConfigure,
  parseFluxOptions,
  toSessionSettings,
} from './flux-options.ts';
import { FluxTurns, type TurnInfo } from './flux-turns.ts';
import { readBinaryMessage, readFields } from './json-frame.ts';
import { WavStream } from './wav-stream.ts';

const EMPTY_RESULT: FrameResult = { replies: [], commands: [] };

/** Deepgram's Flux, `/v2/listen`: turns of a conversation instead of results. */
export const fluxDialect: Dialect = {
  ...deepgramDialect,
  name: 'flux',
  open({ url }, context) {
    try {
      return new FluxSession(parseFluxOptions(url), context);
    } catch (error) {
      if (isFault(error)) return error;
      throw error;
    }
  },
};

class FluxSession implements DialectSession {
  readonly lifetime = 'connection';
  readonly #options: FluxOptions;
  readonly #context: DialectContext;
  /** Some clients name an encoding and still send a WAV file as it is. */
  readonly #wav: WavStream | undefined;
  readonly #turns = new FluxTurns();
  #settings: FluxSettings;
  #sequence = 0;
  /** `ForceEndTurn` requests that are not carried out yet. */
  #forced = 0;
  #isClosing = false;

  constructor(options: FluxOptions, context: DialectContext) {
    this.#options = options;
    this.#context = context;
    this.#settings = options.settings;
    this.#wav = options.encoded === undefined ? new WavStream(options.start.audio) : undefined;
  }

  get encoded(): EncodedFormat | undefined {
    return this.#options.encoded;
  }

  greet(): FrameResult {
    return { replies: [this.#render('Connected')], commands: [this.#options.start] };
  }

  read(frame: WireFrame): FrameResult {
    if (this.#isClosing) return EMPTY_RESULT;
    if (typeof frame === 'string') return this.#readMessage(frame);
    const message = readBinaryMessage(frame, ['type']);
    if (message !== undefined) return this.#readMessage(message);
    const bytes = this.#wav?.push(frame) ?? frame;
    return { replies: [], commands: bytes.length === 0 ? [] : [{ type: 'audio', bytes }] };
  }

  write(event: ServerEvent): readonly WireFrame[] {
    if (event.type === 'fault') return [this.#renderFault(event)];
    if (event.type === 'flushed') this.#forced--;
    const { eotThreshold } = this.#settings;
    const conditions = { eotThreshold, isForced: this.#forced > 0, isClosing: this.#isClosing };
    return this.#turns.read(event, conditions).map((info) => this.#renderTurn(info));
  }

  end(status: number, reason: string): CloseFrames {
    return { frames: [], ...toDeepgramClose(status, reason) };
  }

  /** Throws `command.unknown`: the original ends the stream at a message that it does not know. */
  #readMessage(text: string): FrameResult {
    const fields = readFields(text);
    const { type } = fields;
    switch (type) {
      case 'Configure':
        return this.#configure(fields);
      case 'ForceEndTurn':
        this.#forced++;
        return { replies: [], commands: [{ type: 'flush' }] };
      case 'KeepAlive':
        return { replies: [], commands: [{ type: 'keepalive' }] };
      case 'CloseStream':
        this.#isClosing = true;
        return { replies: [], commands: [{ type: 'finish' }] };
      default:
        throw new Fault('command.unknown', { got: describeValue(type) });
    }
  }

  #configure(fields: Readonly<Record<string, unknown>>): FrameResult {
    try {
      this.#settings = parseConfigure(fields, this.#settings, this.#options.isMultilingual);
    } catch (error) {
      if (!isFault(error)) throw error;
      return { replies: [this.#renderConfigureFailure(error.message)], commands: [] };
    }
    const { eotThreshold, eagerEotThreshold, eotTimeoutMs, keyterms, languageHints } = this.#settings;
    const thresholds = {
      eot_threshold: eotThreshold,
      ...(eagerEotThreshold === undefined ? {} : { eager_eot_threshold: eagerEotThreshold }),
      eot_timeout_ms: eotTimeoutMs,
    };
    const hints = this.#options.isMultilingual ? { language_hints: languageHints } : {};
    return {
      replies: [this.#render('ConfigureSuccess', { thresholds, keyterms, ...hints })],
      commands: [{ type: 'configure', ...toSessionSettings(this.#settings) }],
    };
  }

  #renderTurn({ languages, ...info }: TurnInfo): string {
    const { languageHints } = this.#settings;
    return this.#render('TurnInfo', {
      ...info,
      ...(this.#options.isMultilingual && languages !== undefined ? { languages } : {}),
      ...(languageHints.length > 0 ? { languages_hinted: languageHints } : {}),
    });
  }

  /** Of the faults that do not end a session, a wrong option can only have come in a `Configure`. */
  #renderFault({ code, text, fatal }: EventOf<'fault'>): string {
    if (code === 'command.option' && !fatal) return this.#renderConfigureFailure(text);
    return this.#render('Error', { code: toErrorCode(code), description: text });
  }

  #renderConfigureFailure(description: string): string {
    return this.#render('ConfigureFailure', { error_code: 'INVALID_CONFIGURATION', description });
  }

  #render(type: string, fields: object = {}): string {
    return JSON.stringify({ type, request_id: this.#context.id, sequence_id: this.#sequence++, ...fields });
  }
}

/** Deepgram documents two codes; of the others our own name stands in capitals. */
function toErrorCode(code: string): string {
  if (code === 'command.unknown' || code === 'command.unreadable') return 'UNPARSABLE_CLIENT_MESSAGE';
  if (code.startsWith('server.') || code.startsWith('engine.')) return 'INTERNAL_SERVER_ERROR';
  return code.toUpperCase().replace(/\W/g, '_');
}
