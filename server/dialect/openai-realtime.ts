import {
  BYTES_PER_SAMPLE,
  type Command,
  describeValue,
  type EventOf,
  Fault,
  type FaultCode,
  isFault,
  LIMITS,
  parseJson,
  type ServerEvent,
} from '../../protocol/index.ts';
import type {
  CloseFrames,
  Dialect,
  DialectContext,
  DialectSession,
  ErrorInfo,
  FrameResult,
  WireFrame,
} from '../ports/dialect.ts';
import type { OpenRequest } from '../ports/transport.ts';
import { buildUsage } from './openai-answer.ts';
import { buildOpenAiRefusal, type OpenAiError, toOpenAiError } from './openai-faults.ts';
import { TurnItem } from './openai-items.ts';
import { parseSecretSettings } from './openai-secrets.ts';
import {
  applySettingsUpdate,
  DEFAULT_REALTIME_SETTINGS,
  type RealtimeSettings,
  renderSettings,
  toStartOptions,
} from './openai-session.ts';

/** Least audio a client may commit. */
const COMMIT_MS_MIN = 100;
const SESSION_MS = 8 * 3_600_000;

/** OpenAI's `/v1/realtime`, for transcription, in its newer and its older shape. */
export const openaiRealtimeDialect: Dialect = {
  name: 'openai-realtime',
  // The key stands in the list, too, and must not be echoed.
  subprotocol: (offered) => offered.find((name) => name === 'realtime'),
  open(request, context) {
    try {
      return new RealtimeSession(request, context);
    } catch (error) {
      if (isFault(error)) return error;
      throw error;
    }
  },
  refuse: buildOpenAiRefusal,
};

type Message = Readonly<Record<string, unknown>> & { readonly type?: unknown; readonly event_id?: unknown };

class RealtimeSession implements DialectSession {
  readonly lifetime = 'connection';
  readonly #context: DialectContext;
  readonly #beta: boolean;
  #settings: RealtimeSettings;
  #started = false;
  #events = 0;
  #itemCount = 0;
  /** Audio that came, and how far it is committed or cleared, ms. */
  #heardMs = 0;
  #takenMs = 0;
  /** Turns that are not complete, oldest first; `cleared` ones say nothing. */
  #items: TurnItem[] = [];
  readonly #cleared = new Set<string>();
  #previous: string | null = null;

  constructor(request: OpenRequest, context: DialectContext) {
    this.#context = context;
    this.#beta =
      /realtime=v1/.test(request.headers['openai-beta'] ?? '') ||
      request.subprotocols.includes('openai-beta.realtime-v1');
    const wanted = parseSecretSettings(request);
    this.#settings =
      wanted === undefined ? DEFAULT_REALTIME_SETTINGS : applySettingsUpdate(DEFAULT_REALTIME_SETTINGS, wanted);
    toStartOptions(this.#settings);
  }

  greet(): FrameResult {
    const type = this.#beta ? 'transcription_session.created' : 'session.created';
    return { replies: [this.#frame(type, { session: this.#session(this.#beta) })], commands: [] };
  }

  read(frame: WireFrame): FrameResult {
    const text = typeof frame === 'string' ? frame : Buffer.from(frame).toString('utf8');
    let message: Message | undefined;
    try {
      const value = parseJson(text);
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) message = value as Message;
    } catch (error) {
      // There it is no reason to hang up.
      return this.#refused('invalid_json', isFault(error) ? error.message : 'The message is not JSON.', {});
    }
    if (message === undefined) return this.#refused('invalid_json', 'The message is not a JSON object.', {});
    try {
      // Settings are kept and sent back; only audio may be longer.
      if (message.type !== 'input_audio_buffer.append' && text.length > LIMITS.textBytesMax)
        throw new Fault('frame.size', { bytes: text.length, limit: LIMITS.textBytesMax });
      return this.#message(message);
    } catch (error) {
      if (!isFault(error)) throw error;
      return { replies: [this.#error(toOpenAiError(error), message)], commands: [] };
    }
  }

  write(event: ServerEvent): readonly WireFrame[] {
    switch (event.type) {
      case 'speech':
        return this.#settings.turn === null ? [] : this.#speech(event);
      case 'partial':
        return this.#delta((item) => item.grow(event.stable), event);
      case 'final':
        return this.#delta((item) => item.close(event), event);
      case 'settled':
        return this.#settled(event.atMs);
      case 'flushed':
        return this.#flushed(event.id);
      case 'fault':
        return [this.#error(this.#told({ code: event.code as FaultCode, message: event.text }), {})];
      default:
        return [];
    }
  }

  end(status: number, reason: string): CloseFrames {
    return { frames: [], status, reason };
  }

  #message(message: Message): FrameResult {
    switch (message.type) {
      case 'session.update':
      case 'transcription_session.update':
        return this.#update(message);
      case 'input_audio_buffer.append':
        return this.#append(message);
      case 'input_audio_buffer.commit':
        return this.#commit(message);
      case 'input_audio_buffer.clear':
        return this.#clear();
      default: {
        const type = describeValue(message.type);
        const text = /^(response|conversation|output_audio_buffer)\./.test(type)
          ? `${type} is not available in a transcription session.`
          : `Invalid value: '${type}'. Supported values are: 'session.update', 'transcription_session.update', 'input_audio_buffer.append', 'input_audio_buffer.commit' and 'input_audio_buffer.clear'.`;
        return this.#refused('invalid_value', text, message, 'type');
      }
    }
  }

  #update(message: Message): FrameResult {
    const next = applySettingsUpdate(this.#settings, message['session']);
    const wishes = toStartOptions(next);
    const { encoding, sampleRate } = this.#settings;
    if (this.#started && (next.encoding !== encoding || next.sampleRate !== sampleRate))
      throw new Fault('command.option', {
        name: 'session.audio.input.format',
        got: 'a change',
        want: 'one format for the whole session',
      });
    this.#settings = next;
    const older = message.type === 'transcription_session.update';
    const updated = this.#frame(older ? 'transcription_session.updated' : 'session.updated', {
      session: this.#session(older),
    });
    const started = this.#start();
    return { replies: [updated], commands: started.length > 0 ? started : [{ type: 'configure', ...wishes }] };
  }

  /** The format is known when the first settings or the first audio come, not before. */
  #start(): Command[] {
    if (this.#started) return [];
    this.#started = true;
    const { encoding, sampleRate } = this.#settings;
    const audio = { encoding, sampleRate, channels: 1, channelMode: 'mix' } as const;
    // Only stable words go out, for this protocol cannot take a word back; nor has it a word for a later revision.
    return [
      {
        type: 'start',
        audio,
        partials: { mode: 'stable' },
        cleanup: { mode: 'off' },
        ...toStartOptions(this.#settings),
      },
    ];
  }

  #append(message: Message): FrameResult {
    const text = message['audio'];
    if (typeof text !== 'string')
      return this.#refused('invalid_value', "Missing or invalid 'audio': send base64 text.", message, 'audio');
    const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
    if (bytes.length === 0) return { replies: [], commands: this.#start() };
    const { encoding, sampleRate } = this.#settings;
    this.#heardMs += (bytes.length / BYTES_PER_SAMPLE[encoding] / sampleRate) * 1_000;
    return { replies: [], commands: [...this.#start(), { type: 'audio', bytes }] };
  }

  #commit(message: Message): FrameResult {
    const bufferMs = this.#heardMs - this.#takenMs;
    if (bufferMs < COMMIT_MS_MIN) {
      const text = `Error committing input audio buffer: buffer too small. Expected at least ${COMMIT_MS_MIN}ms of audio, but buffer only has ${bufferMs.toFixed(2)}ms of audio.`;
      return this.#refused('input_audio_buffer_commit_empty', text, message);
    }
    const item = this.#open();
    item.flush = item.id;
    item.toMs = this.#heardMs;
    return { replies: this.#committed(item), commands: [{ type: 'flush', id: item.id }] };
  }

  /** What was heard and not committed is forgotten; its words have no item to go to. */
  #clear(): FrameResult {
    const cleared = this.#frame('input_audio_buffer.cleared', {});
    if (this.#heardMs === this.#takenMs) return { replies: [cleared], commands: [] };
    this.#takenMs = this.#heardMs;
    const item = this.#open();
    item.flush = item.id;
    item.committed = true;
    this.#cleared.add(item.id);
    return { replies: [cleared], commands: [{ type: 'flush', id: item.id }] };
  }

  #speech({ state, atMs }: EventOf<'speech'>): readonly WireFrame[] {
    if (state === 'start') {
      // Speech of a buffer that the client has committed or cleared already is that item's.
      if (this.#items.some(({ flush, toMs }) => flush !== undefined && atMs < toMs)) return [];
      const padding = this.#settings.turn?.prefix_padding_ms ?? 300;
      const item = this.#add(Math.max(0, atMs - padding));
      return [
        this.#frame('input_audio_buffer.speech_started', { audio_start_ms: Math.round(item.fromMs), item_id: item.id }),
      ];
    }
    const item = this.#items.find((each) => !each.committed);
    if (item === undefined) return [];
    item.endMs = atMs;
    item.toMs = atMs;
    return [
      this.#frame('input_audio_buffer.speech_stopped', { audio_end_ms: Math.round(atMs), item_id: item.id }),
      ...this.#committed(item),
    ];
  }

  #delta(add: (item: TurnItem) => string, { toMs }: { readonly toMs: number }): readonly WireFrame[] {
    const item = this.#items[0] ?? this.#add(this.#takenMs);
    const delta = add(item);
    item.toMs = Math.max(item.toMs, toMs);
    if (delta === '' || this.#cleared.has(item.id)) return [];
    return [
      this.#frame('conversation.item.input_audio_transcription.delta', { item_id: item.id, content_index: 0, delta }),
    ];
  }

  /** Silence has ended a turn, and all its words are out. */
  #settled(atMs: number): readonly WireFrame[] {
    const at = this.#items.findIndex(({ flush, endMs }) => flush === undefined && endMs === atMs);
    return at < 0 ? [] : this.#complete(at);
  }

  #flushed(id: string | undefined): readonly WireFrame[] {
    const at = this.#items.findIndex(({ flush }) => flush !== undefined && flush === id);
    return at < 0 ? [] : this.#complete(at);
  }

  /** The item and, should one before it have been left behind, that one too: each is completed once. */
  #complete(at: number): readonly WireFrame[] {
    return this.#items.splice(0, at + 1).flatMap((item) => {
      if (this.#cleared.delete(item.id)) return [];
      const { id, text } = item;
      const usage = buildUsage(Math.max(0, item.toMs - item.fromMs));
      return [
        ...(item.committed ? [] : this.#committed(item)),
        this.#frame('conversation.item.input_audio_transcription.completed', {
          item_id: id,
          content_index: 0,
          transcript: text,
          ...(item.language === undefined ? {} : { languages: [{ code: item.language }] }),
          usage,
        }),
      ];
    });
  }

  #committed(item: TurnItem): string[] {
    item.committed = true;
    this.#takenMs = Math.max(this.#takenMs, Math.min(this.#heardMs, item.toMs));
    const previous_item_id = this.#previous;
    this.#previous = item.id;
    const content = [{ type: 'input_audio', transcript: null }];
    const told = { id: item.id, object: 'realtime.item', type: 'message', status: 'completed', role: 'user', content };
    const kinds = this.#beta ? ['conversation.item.created'] : ['conversation.item.added', 'conversation.item.done'];
    return [
      this.#frame('input_audio_buffer.committed', { previous_item_id, item_id: item.id }),
      ...kinds.map((kind) => this.#frame(kind, { previous_item_id, item: told })),
    ];
  }

  /** The turn that goes on, or a new one. */
  #open(): TurnItem {
    return this.#items.find(({ committed }) => !committed) ?? this.#add(this.#takenMs);
  }

  #add(fromMs: number): TurnItem {
    const item = new TurnItem(`item_${this.#context.id.replaceAll('-', '').slice(0, 16)}${++this.#itemCount}`, fromMs);
    this.#items.push(item);
    return item;
  }

  #session(older: boolean): object {
    const { id, nowMs } = this.#context;
    const { ga, beta } = renderSettings(
      this.#settings,
      `sess_${id.replaceAll('-', '')}`,
      Math.floor((nowMs + SESSION_MS) / 1_000),
    );
    return older ? beta : ga;
  }

  #told(trouble: ErrorInfo): OpenAiError {
    const ended = trouble.code === 'session.idle' || trouble.code === 'session.long';
    return ended ? { ...toOpenAiError(trouble), code: 'session_expired' } : toOpenAiError(trouble);
  }

  #refused(code: string, message: string, about: Message, param: string | null = null): FrameResult {
    return { replies: [this.#error({ type: 'invalid_request_error', code, message, param }, about)], commands: [] };
  }

  #error(error: OpenAiError, about: Message): string {
    const event_id = typeof about.event_id === 'string' ? about.event_id.slice(0, 512) : null;
    return this.#frame('error', { error: { ...error, event_id } });
  }

  #frame(type: string, body: object): string {
    const event_id = `event_${this.#context.id.replaceAll('-', '').slice(0, 16)}${++this.#events}`;
    return JSON.stringify({ type, event_id, ...body });
  }
}
