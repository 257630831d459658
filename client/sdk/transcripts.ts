import { parseJson } from '../../protocol/parse-json.ts';
import type {
  NewTranscript,
  NoteChange,
  Rehearing,
  SentenceChange,
  StoredTranscript,
  Summary,
  TranscriptChange,
  TranscriptPage,
} from '../../protocol/transcripts.ts';
import type { ExportFormat } from '../../transcript/export.ts';
import type { TextForm } from '../../transcript/wanted-form.ts';

export interface TranscriptsOptions {
  /** `http(s)://` or `ws(s)://` address of the server. */
  readonly url: string;
  /** Key or token, for a server that requires one. A function is called before each request. */
  readonly credential?: string | undefined | (() => string | undefined | Promise<string | undefined>);
  /** Default: the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
}

export interface ListOptions {
  /** Words or "phrases" that a transcript must all contain. */
  readonly query?: string | undefined;
  /** 1 to 100, default 20. */
  readonly limit?: number | undefined;
  /** `next` of the previous page. */
  readonly before?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface AudioOptions {
  /** Number of the session, from 1; default 1. */
  readonly part?: number | undefined;
  /** Default 0. */
  readonly channel?: number | undefined;
  /** Both or neither. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

/** Why the server rejected a request: `code` is a fault of the protocol, the message is for people. */
export class TranscriptError extends Error {
  readonly code: string;
  /** HTTP status. */
  readonly status: number;

  constructor(code: string, text: string, status: number) {
    super(text);
    this.name = 'TranscriptError';
    this.code = code;
    this.status = status;
  }
}

const RESPONSE_TIMEOUT_MS = 15_000;
/** A model on the server's own machine takes minutes to read a long meeting. */
const SUMMARY_TIMEOUT_MS = 600_000;

/** The stored transcripts of one key. Every call rejects with a `TranscriptError`, or an Error when there is no answer within 15 s. */
export class Transcripts {
  readonly #options: TranscriptsOptions;

  constructor(options: TranscriptsOptions) {
    this.#options = options;
  }

  list({ query, limit, before, signal }: ListOptions = {}): Promise<TranscriptPage> {
    const asked = new URLSearchParams();
    if (query !== undefined && query.trim() !== '') asked.set('query', query);
    if (limit !== undefined) asked.set('limit', String(limit));
    if (before !== undefined) asked.set('before', before);
    return this.#json('GET', `?${asked}`, { signal });
  }

  async create(of: NewTranscript = {}): Promise<string> {
    return (await this.#json<{ id: string }>('POST', '', { body: of })).id;
  }

  read(id: string, signal?: AbortSignal): Promise<StoredTranscript> {
    return this.#json('GET', `/${encodeURIComponent(id)}`, { signal });
  }

  async change(id: string, change: TranscriptChange): Promise<void> {
    await this.#json('PATCH', `/${encodeURIComponent(id)}`, { body: change });
  }

  /** Changes a sentence. `sentence` is PART.CHANNEL.SENTENCE; a correction of null removes the correction. */
  async mark(id: string, sentence: string, change: SentenceChange): Promise<void> {
    await this.#json('PUT', `/${encodeURIComponent(id)}/sentences/${encodeURIComponent(sentence)}`, { body: change });
  }

  /** Creates or replaces a note. Choose its id yourself: letters, digits and dashes, at most 64 characters. */
  async note(id: string, note: string, of: NoteChange): Promise<void> {
    await this.#json('PUT', `/${encodeURIComponent(id)}/notes/${encodeURIComponent(note)}`, { body: of });
  }

  async unnote(id: string, note: string): Promise<void> {
    await this.#json('DELETE', `/${encodeURIComponent(id)}/notes/${encodeURIComponent(note)}`);
  }

  /** Deletes a transcript for good. */
  async delete(id: string): Promise<void> {
    await this.#json('DELETE', `/${encodeURIComponent(id)}`);
  }

  /** Resolves with the text of the exported file. `text` is the form of its sentences, `cleaned` by default. */
  async export(
    id: string,
    format: ExportFormat,
    { text = 'cleaned' }: { readonly text?: TextForm } = {},
  ): Promise<string> {
    return (await this.#send('GET', `/${encodeURIComponent(id)}/export?format=${format}&text=${text}`)).text();
  }

  /**
   * Resolves with the kept audio of one channel of one session as an Ogg Opus file; by default the first. With `fromMs` and `toMs`,
   * times on the timeline of the transcript, it is that piece, of 10 minutes at most. Pass a `signal` of your own for long audio.
   */
  async audio(
    id: string,
    { part = 1, channel = 0, fromMs, toMs }: AudioOptions = {},
    signal?: AbortSignal,
  ): Promise<ArrayBuffer> {
    const asked = new URLSearchParams({ part: String(part), channel: String(channel) });
    if (fromMs !== undefined) asked.set('from', String(Math.round(fromMs)));
    if (toMs !== undefined) asked.set('to', String(Math.round(toMs)));
    const path = `/${encodeURIComponent(id)}/audio?${asked}`;
    return (await this.#send('GET', path, { signal })).arrayBuffer();
  }

  /** Begins to hear a transcript again from its kept audio, by default with the model that the server chooses. */
  startRehear(id: string, { model }: { readonly model?: string | undefined } = {}): Promise<Rehearing> {
    const body = model === undefined ? {} : { model };
    return this.#json('POST', `/${encodeURIComponent(id)}/rehear`, { body });
  }

  /** The latest such job of a transcript; undefined when there is none. */
  async readRehear(id: string, signal?: AbortSignal): Promise<Rehearing | undefined> {
    try {
      return await this.#json<Rehearing>('GET', `/${encodeURIComponent(id)}/rehear`, { signal });
    } catch (error) {
      if (error instanceof TranscriptError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Stops the job. Sentences that it has revised stay revised. */
  async stopRehear(id: string): Promise<void> {
    await this.#json('DELETE', `/${encodeURIComponent(id)}/rehear`);
  }

  /** Takes up to ten minutes. When `signal` aborts, the server continues all the same, and `read` returns the summary later. */
  summarise(
    id: string,
    of: { readonly template?: string } = {},
    signal: AbortSignal = AbortSignal.timeout(SUMMARY_TIMEOUT_MS),
  ): Promise<Summary> {
    return this.#json('POST', `/${encodeURIComponent(id)}/summary`, { body: of, signal });
  }

  async template(): Promise<string> {
    return (await this.#json<{ template: string }>('GET', '/template')).template;
  }

  /** An empty template restores the server's own. Resolves with the template in force. */
  async setTemplate(template: string): Promise<string> {
    return (await this.#json<{ template: string }>('PUT', '/template', { body: { template } })).template;
  }

  async #json<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    return parseJson(await (await this.#send(method, path, options)).text()) as T;
  }

  async #send(method: string, path: string, { body, signal }: RequestOptions = {}): Promise<Response> {
    const { url, credential } = this.#options;
    const address = new URL(`/v1/transcripts${path}`, url.replace(/^ws/, 'http'));
    const given = typeof credential === 'function' ? await credential() : credential;
    const headers: Record<string, string> = {};
    if (given !== undefined && given !== '') headers['authorization'] = `Bearer ${given}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const response = await (this.#options.fetch ?? globalThis.fetch)(address, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      cache: 'no-store',
      signal: signal ?? AbortSignal.timeout(RESPONSE_TIMEOUT_MS),
    });
    if (!response.ok) throw await readError(response);
    return response;
  }
}

interface RequestOptions {
  readonly body?: object | undefined;
  readonly signal?: AbortSignal | undefined;
}

async function readError(response: Response): Promise<TranscriptError> {
  const { status } = response;
  const body = (await response
    .text()
    .then((text) => parseJson(text))
    .catch(() => ({}))) as { code?: unknown; text?: unknown };
  const code = typeof body.code === 'string' ? body.code : 'server.bug';
  return new TranscriptError(
    code,
    typeof body.text === 'string' ? body.text : `The server answered ${status}.`,
    status,
  );
}
