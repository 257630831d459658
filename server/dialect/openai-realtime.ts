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

/** Minimum audio a client may commit. */
const COMMIT_MS_MIN = 100;
const SESSION_MS = 8 * 3_600_000;

/** OpenAI's `/v1/realtime` for transcription, in its current and its beta shape. */
export const openaiRealtimeDialect: Dialect = {
  name: 'openai-realtime',
  // The list contains the key, too, which must not be echoed.
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
  readonly #isBeta: boolean;
  #settings: RealtimeSettings;
  #isStarted = false;
  #eventCount = 0;
  #itemCount = 0;
  /** Audio received, and how far it has been committed or cleared, ms. */
  #receivedMs = 0;
  #consumedMs = 0;
  /** Incomplete turns, oldest first; those in `#cleared` send nothing. */
  #items: TurnItem[] = [];
  readonly #cleared = new Set<string>();
  #previousItemId: string | null = null;

  constructor(request: OpenRequest, context: DialectContext) {
    this.#context = context;
    this.#isBeta =
      /realtime=v1/.test(request.headers['openai-beta'] ?? '') ||
      request.subprotocols.includes('openai-beta.realtime-v1');
    const requested = parseSecretSettings(request);
    this.#settings =
      requested === undefined ? DEFAULT_REALTIME_SETTINGS : applySettingsUpdate(DEFAULT_REALTIME_SETTINGS, requested);
    toStartOptions(this.#settings);
  }

  greet(): FrameResult {
    const type = this.#isBeta ? 'transcription_session.created' : 'session.created';
    return { replies: [this.#renderFrame(type, { session: this.#renderSession(this.#isBeta) })], commands: [] };
  }

  read(frame: WireFrame): FrameResult {
    const text = typeof frame === 'string' ? frame : Buffer.from(frame).toString('utf8');
    let message: Message | undefined;
    try {
      const value = parseJson(text);
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) message = value as Message;
    } catch (error) {
      // There, this is no reason to close the connection.
      return this.#refuse('invalid_json', isFault(error) ? error.message : 'The message is not JSON.', {});
    }
    if (message === undefined) return this.#refuse('invalid_json', 'The message is not a JSON object.', {});
    try {
      // Settings are stored and sent back, so they are limited; only audio may be longer.
      if (message.type !== 'input_audio_buffer.append' && text.length > LIMITS.textBytesMax)
        throw new Fault('frame.size', { bytes: text.length, limit: LIMITS.textBytesMax });
      return this.#handleMessage(message);
    } catch (error) {
      if (!isFault(error)) throw error;
      return { replies: [this.#renderError(toOpenAiError(error), message)], commands: [] };
    }
  }

  write(event: ServerEvent): readonly WireFrame[] {
    switch (event.type) {
      case 'speech':
        return this.#settings.turnDetection === null ? [] : this.#renderSpeech(event);
      case 'partial':
        return this.#renderDelta((item) => item.appendPartial(event.stable), event);
      case 'final':
        return this.#renderDelta((item) => item.appendFinal(event), event);
      case 'settled':
        return this.#completeAt(event.atMs);
      case 'flushed':
        return this.#completeFlush(event.id);
      case 'fault':
        return [this.#renderError(this.#toError({ code: event.code as FaultCode, message: event.text }), {})];
      default:
        return [];
    }
  }

  end(status: number, reason: string): CloseFrames {
    return { frames: [], status, reason };
  }

  #handleMessage(message: Message): FrameResult {
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
        return this.#refuse('invalid_value', text, message, 'type');
      }
    }
  }

  #update(message: Message): FrameResult {
    const next = applySettingsUpdate(this.#settings, message['session']);
    const options = toStartOptions(next);
    const { encoding, sampleRate } = this.#settings;
    if (this.#isStarted && (next.encoding !== encoding || next.sampleRate !== sampleRate))
      throw new Fault('command.option', {
        name: 'session.audio.input.format',
        got: 'a change',
        want: 'one format for the whole session',
      });
    this.#settings = next;
    const isBetaShape = message.type === 'transcription_session.update';
    const updated = this.#renderFrame(isBetaShape ? 'transcription_session.updated' : 'session.updated', {
      session: this.#renderSession(isBetaShape),
    });
    const startCommands = this.#start();
    return {
      replies: [updated],
      commands: startCommands.length > 0 ? startCommands : [{ type: 'configure', ...options }],
    };
  }

  /** The format is known when the first settings or the first audio arrive, not before. */
  #start(): Command[] {
    if (this.#isStarted) return [];
    this.#isStarted = true;
    const { encoding, sampleRate } = this.#settings;
    const audio = { encoding, sampleRate, channels: 1, channelMode: 'mix' } as const;
    // Only stable words are sent, because this protocol cannot take a word back; nor can it express a later revision.
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
      return this.#refuse('invalid_value', "Missing or invalid 'audio': send base64 text.", message, 'audio');
    const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
    if (bytes.length === 0) return { replies: [], commands: this.#start() };
    const { encoding, sampleRate } = this.#settings;
    this.#receivedMs += (bytes.length / BYTES_PER_SAMPLE[encoding] / sampleRate) * 1_000;
    return { replies: [], commands: [...this.#start(), { type: 'audio', bytes }] };
  }

  #commit(message: Message): FrameResult {
    const bufferMs = this.#receivedMs - this.#consumedMs;
    if (bufferMs < COMMIT_MS_MIN) {
      const text = `Error committing input audio buffer: buffer too small. Expected at least ${COMMIT_MS_MIN}ms of audio, but buffer only has ${bufferMs.toFixed(2)}ms of audio.`;
      return this.#refuse('input_audio_buffer_commit_empty', text, message);
    }
    const item = this.#openItem();
    item.flushId = item.id;
    item.toMs = this.#receivedMs;
    return { replies: this.#commitItem(item), commands: [{ type: 'flush', id: item.id }] };
  }

  /** What was heard and not committed is forgotten; its words have no item to go to. */
  #clear(): FrameResult {
    const cleared = this.#renderFrame('input_audio_buffer.cleared', {});
    if (this.#receivedMs === this.#consumedMs) return { replies: [cleared], commands: [] };
    this.#consumedMs = this.#receivedMs;
    const item = this.#openItem();
    item.flushId = item.id;
    item.isCommitted = true;
    this.#cleared.add(item.id);
    return { replies: [cleared], commands: [{ type: 'flush', id: item.id }] };
  }

  #renderSpeech({ state, atMs }: EventOf<'speech'>): readonly WireFrame[] {
    if (state === 'start') {
      // Speech in a buffer that the client has already committed or cleared belongs to that item.
      if (this.#items.some(({ flushId: flush, toMs }) => flush !== undefined && atMs < toMs)) return [];
      const padding = this.#settings.turnDetection?.prefix_padding_ms ?? 300;
      const item = this.#addItem(Math.max(0, atMs - padding));
      return [
        this.#renderFrame('input_audio_buffer.speech_started', {
          audio_start_ms: Math.round(item.fromMs),
          item_id: item.id,
        }),
      ];
    }
    const item = this.#items.find((each) => !each.isCommitted);
    if (item === undefined) return [];
    item.endMs = atMs;
    item.toMs = atMs;
    return [
      this.#renderFrame('input_audio_buffer.speech_stopped', { audio_end_ms: Math.round(atMs), item_id: item.id }),
      ...this.#commitItem(item),
    ];
  }

  #renderDelta(append: (item: TurnItem) => string, { toMs }: { readonly toMs: number }): readonly WireFrame[] {
    const item = this.#items[0] ?? this.#addItem(this.#consumedMs);
    const delta = append(item);
    item.toMs = Math.max(item.toMs, toMs);
    if (delta === '' || this.#cleared.has(item.id)) return [];
    return [
      this.#renderFrame('conversation.item.input_audio_transcription.delta', {
        item_id: item.id,
        content_index: 0,
        delta,
      }),
    ];
  }

  /** Silence has ended a turn, and all its words have been sent. */
  #completeAt(atMs: number): readonly WireFrame[] {
    const at = this.#items.findIndex(({ flushId: flush, endMs }) => flush === undefined && endMs === atMs);
    return at < 0 ? [] : this.#completeUpTo(at);
  }

  #completeFlush(id: string | undefined): readonly WireFrame[] {
    const at = this.#items.findIndex(({ flushId: flush }) => flush !== undefined && flush === id);
    return at < 0 ? [] : this.#completeUpTo(at);
  }

  /** Completes the item, and any earlier one that was left behind: each is completed once. */
  #completeUpTo(at: number): readonly WireFrame[] {
    return this.#items.splice(0, at + 1).flatMap((item) => {
      if (this.#cleared.delete(item.id)) return [];
      const { id, text } = item;
      const usage = buildUsage(Math.max(0, item.toMs - item.fromMs));
      return [
        ...(item.isCommitted ? [] : this.#commitItem(item)),
        this.#renderFrame('conversation.item.input_audio_transcription.completed', {
          item_id: id,
          content_index: 0,
          transcript: text,
          ...(item.language === undefined ? {} : { languages: [{ code: item.language }] }),
          usage,
        }),
      ];
    });
  }

  #commitItem(item: TurnItem): string[] {
    item.isCommitted = true;
    this.#consumedMs = Math.max(this.#consumedMs, Math.min(this.#receivedMs, item.toMs));
    const previous_item_id = this.#previousItemId;
    this.#previousItemId = item.id;
    const content = [{ type: 'input_audio', transcript: null }];
    const wireItem = {
      id: item.id,
      object: 'realtime.item',
      type: 'message',
      status: 'completed',
      role: 'user',
      content,
    };
    const kinds = this.#isBeta ? ['conversation.item.created'] : ['conversation.item.added', 'conversation.item.done'];
    return [
      this.#renderFrame('input_audio_buffer.committed', { previous_item_id, item_id: item.id }),
      ...kinds.map((kind) => this.#renderFrame(kind, { previous_item_id, item: wireItem })),
    ];
  }

  /** The open turn, or a new one. */
  #openItem(): TurnItem {
    return this.#items.find(({ isCommitted: committed }) => !committed) ?? this.#addItem(this.#consumedMs);
  }

  #addItem(fromMs: number): TurnItem {
    const item = new TurnItem(`item_${this.#context.id.replaceAll('-', '').slice(0, 16)}${++this.#itemCount}`, fromMs);
    this.#items.push(item);
    return item;
  }

  #renderSession(isBetaShape: boolean): object {
    const { id, nowMs } = this.#context;
    const { ga, beta } = renderSettings(
      this.#settings,
      `sess_${id.replaceAll('-', '')}`,
      Math.floor((nowMs + SESSION_MS) / 1_000),
    );
    return isBetaShape ? beta : ga;
  }

  #toError(error: ErrorInfo): OpenAiError {
    const ended = error.code === 'session.idle' || error.code === 'session.long';
    return ended ? { ...toOpenAiError(error), code: 'session_expired' } : toOpenAiError(error);
  }

  #refuse(code: string, text: string, message: Message, param: string | null = null): FrameResult {
    return {
      replies: [this.#renderError({ type: 'invalid_request_error', code, message: text, param }, message)],
      commands: [],
    };
  }

  #renderError(error: OpenAiError, message: Message): string {
    const event_id = typeof message.event_id === 'string' ? message.event_id.slice(0, 512) : null;
    return this.#renderFrame('error', { error: { ...error, event_id } });
  }

  #renderFrame(type: string, body: object): string {
    const event_id = `event_${this.#context.id.replaceAll('-', '').slice(0, 16)}${++this.#eventCount}`;
    return JSON.stringify({ type, event_id, ...body });
  }
}
