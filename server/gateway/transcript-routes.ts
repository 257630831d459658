import {
  Fault,
  getOwnEntry,
  isFault,
  LIMITS,
  NewTranscript,
  NOTE_ID,
  NoteChange,
  parseJson,
  RehearRequest,
  SENTENCE_NAME,
  SentenceChange,
  SummaryRequest,
  TranscriptChange,
  validateAs,
} from '../../protocol/index.ts';
import { EXPORT_FORMATS, EXPORT_TYPES, type ExportFormat, TEXT_FORMS, type TextForm } from '../../transcript/index.ts';
import { errorCode } from '../core/errors/error-code.ts';
import { splitQuery } from '../core/transcript/search-text.ts';
import { decodePathSegment } from '../core/url/percent-escapes.ts';
import type { Rehearings } from '../flow/rehearings.ts';
import { toStoreFault } from '../flow/store-fault.ts';
import type { Summariser } from '../flow/summariser.ts';
import type { TranscriptRecorder } from '../flow/transcript-recorder.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { ChangeOutcome, TranscriptStore } from '../ports/transcripts.ts';
import { readBodyText } from './body.ts';
import { KeyConcurrency, type Release } from './key-concurrency.ts';
import { createPacedBody } from './paced-body.ts';
import { jsonResponse } from './responses.ts';
import type { AuthorisedRequest, HttpRoute } from './route-table.ts';
import { AudioAnswer, readAudio } from './transcript-audio.ts';

const TRANSCRIPTS_PATH = '/v1/transcripts';
/** Name of the setting with an owner's template for summaries. */
const TEMPLATE = 'summary-template';
const PAGE_MAX = 100;
const PAGE = 20;

export interface TranscriptRoutesParts {
  readonly recorder: TranscriptRecorder;
  readonly summariser: Summariser;
  readonly rehearings: Rehearings;
  readonly nowMs: () => number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface TranscriptRequest {
  readonly request: Request;
  readonly url: URL;
  readonly owner: string;
  readonly store: TranscriptStore;
  /** Id of the transcript, and name of the part of it that the path addresses; empty if the path has none. */
  readonly id: string;
  readonly name: string;
}

type Answerer = (asked: TranscriptRequest) => Promise<Response | LongAnswer | AudioAnswer>;

/** HTTP routes of stored transcripts. Each key can access only its own. */
export class TranscriptRoutes {
  readonly #parts: TranscriptRoutesParts;
  readonly #turns = new KeyConcurrency();

  constructor(parts: TranscriptRoutesParts) {
    this.#parts = parts;
  }

  /** Every route of transcripts. */
  get httpRoutes(): readonly HttpRoute[] {
    const route = (method: HttpRoute['method'], path: string, answer: Answerer): HttpRoute => ({
      ...{ method, path: `${TRANSCRIPTS_PATH}${path}`, scope: 'transcripts' },
      handle: (asked) => this.#answer(asked, answer),
    });
    return [
      route('GET', '', (asked) => this.#list(asked)),
      route('POST', '', (asked) => this.#create(asked)),
      route('GET', '/template', async ({ store, owner }) =>
        answered({ template: await this.#templateOf(store, owner) }),
      ),
      route('PUT', '/template', (asked) => this.#setTemplate(asked)),
      route('GET', '/:id', async ({ store, owner, id }) => {
        return new LongAnswer(found(await store.readJson(owner, id)), jsonResponse({}, 200).headers);
      }),
      route('PATCH', '/:id', async ({ store, owner, id, request }) => {
        const change = validateAs(TranscriptChange, await bodyOf(request), 'body');
        return done(await store.update(owner, id, change), 'transcript');
      }),
      route('DELETE', '/:id', async ({ store, owner, id }) => {
        this.#parts.rehearings.forget(owner, id);
        return done(await store.remove(owner, id), 'transcript');
      }),
      route('PUT', '/:id/sentences/:name', async ({ store, owner, id, name, request }) => {
        if (!SENTENCE_NAME.test(name)) throw new Fault('transcript.unknown', { what: 'sentence' });
        const change = validateAs(SentenceChange, await bodyOf(request), 'body');
        return done(await store.updateSentence(owner, id, name, change), 'sentence');
      }),
      route('PUT', '/:id/notes/:name', async ({ store, owner, id, name, request }) => {
        const note = validateAs(NoteChange, await bodyOf(request), 'body');
        return done(await store.saveNote(owner, id, noteId(name), note), 'transcript');
      }),
      route('DELETE', '/:id/notes/:name', async ({ store, owner, id, name }) =>
        done(await store.deleteNote(owner, id, noteId(name)), 'note'),
      ),
      route('GET', '/:id/export', ({ store, owner, id, url }) => exported(store, { owner, id, url })),
      route('GET', '/:id/audio', (asked) => readAudio(asked)),
      route('POST', '/:id/summary', (asked) => this.#summarise(asked)),
      route('POST', '/:id/rehear', (asked) => this.#rehear(asked)),
      route('GET', '/:id/rehear', async ({ owner, id }) => answered(this.#parts.rehearings.read(owner, id))),
      route('DELETE', '/:id/rehear', async ({ owner, id }) => answered(this.#parts.rehearings.stop(owner, id))),
    ];
  }

  /** Rejects with faults for mistakes of clients, and with `transcript.*` for failures of the storage. */
  async #answer({ request, url, identity, params }: AuthorisedRequest, answer: Answerer): Promise<Response> {
    const { recorder, log, clock } = this.#parts;
    const { store } = recorder;
    if (store === undefined) throw new Fault('transcript.absent', { problem: recorder.unavailableReason });
    const owner = identity!.key;
    const release = await this.#turns.take(owner, request.signal);
    // The client has disconnected.
    if (release === undefined) return jsonResponse({}, 499);
    try {
      const [id = '', name = ''] = [params['id'], params['name']].map((part) => part && decodePathSegment(part));
      return paced(await answer({ request, url, owner, store, id, name }), clock, release);
    } catch (error) {
      release();
      if (isFault(error)) throw error;
      const fault = toStoreFault(error);
      if (fault === undefined) throw error;
      log.error({ code: errorCode(error) }, 'stored transcripts cannot be read or written');
      throw fault;
    }
  }

  async #list({ store, owner, url }: TranscriptRequest): Promise<Response> {
    const query = url.searchParams.get('query') ?? '';
    const limit = url.searchParams.get('limit') ?? String(PAGE);
    const before = url.searchParams.get('before') ?? undefined;
    const wrong = (name: string, got: string, want: string): Fault =>
      new Fault('command.option', { name, got: got.slice(0, 60), want });
    if (query.length > LIMITS.queryCharsMax)
      throw wrong('query', `of ${query.length} characters`, `at most ${LIMITS.queryCharsMax}`);
    if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > PAGE_MAX)
      throw wrong('limit', limit, `1 to ${PAGE_MAX}`);
    if (before !== undefined && !/^-?\d{1,16}\.\d{1,16}$/.test(before))
      throw wrong('before', before, '`next` of the page before');
    const words = splitQuery(query);
    // A query of punctuation alone finds nothing; an empty query lists everything.
    if (query.trim() !== '' && words.length === 0) return answered({ transcripts: [] });
    return answered(await store.list(owner, { words, limit: Number(limit), before }));
  }

  async #create({ store, owner, request }: TranscriptRequest): Promise<Response> {
    const { title, startedAt } = validateAs(NewTranscript, await bodyOf(request), 'body');
    const startedMs = startedAt === undefined ? this.#parts.nowMs() : Date.parse(startedAt);
    const named = title || new Date(startedMs).toISOString().slice(0, 16).replace('T', ' ');
    const created = await store.create(owner, { title: named, startedMs });
    if (created === 'full')
      throw new Fault('transcript.full', { what: 'transcripts of one key', limit: LIMITS.transcriptsMax });
    if (created === 'space') throw new Fault('transcript.space', {});
    return jsonResponse({ id: created.id }, 201);
  }

  async #setTemplate({ store, owner, request }: TranscriptRequest): Promise<Response> {
    const { template } = validateAs(SummaryRequest, await bodyOf(request), 'body');
    await store.writeSetting(owner, TEMPLATE, template || undefined);
    return answered({ template: await this.#templateOf(store, owner) });
  }

  async #summarise({ store, owner, id, request }: TranscriptRequest): Promise<Response> {
    const { summariser } = this.#parts;
    const { template } = validateAs(SummaryRequest, await bodyOf(request), 'body');
    const transcript = found(await store.read(owner, id));
    const summary = await summariser.summarise(transcript, template || (await this.#templateOf(store, owner)));
    done(await store.saveSummary(owner, id, summary), 'transcript');
    return answered(summary);
  }

  async #rehear({ store, owner, id, request }: TranscriptRequest): Promise<Response> {
    const { model } = validateAs(RehearRequest, await bodyOf(request), 'body');
    return jsonResponse(await this.#parts.rehearings.start({ store, owner, transcript: id, model }), 202);
  }

  async #templateOf(store: TranscriptStore, owner: string): Promise<string> {
    return (await store.readSetting(owner, TEMPLATE)) ?? this.#parts.summariser.template;
  }
}

async function exported(
  store: TranscriptStore,
  { owner, id, url }: { owner: string; id: string; url: URL },
): Promise<LongAnswer> {
  const format = url.searchParams.get('format') ?? 'md';
  if (!(EXPORT_FORMATS as readonly string[]).includes(format))
    throw new Fault('command.option', { name: 'format', got: format.slice(0, 20), want: EXPORT_FORMATS.join(', ') });
  const form = url.searchParams.get('text') ?? 'cleaned';
  if (!(TEXT_FORMS as readonly string[]).includes(form))
    throw new Fault('command.option', { name: 'text', got: form.slice(0, 20), want: TEXT_FORMS.join(', ') });
  const { name, bytes } = found(await store.export(owner, id, format as ExportFormat, form as TextForm));
  const { headers } = jsonResponse({}, 200);
  headers.set('content-type', getOwnEntry(EXPORT_TYPES, format) ?? 'application/octet-stream');
  const ascii = name.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%]/g, '_');
  headers.set('content-disposition', `attachment; filename="${ascii}"; filename*=UTF-8''${encodedName(name)}`);
  return new LongAnswer(bytes, headers);
}

/** Encodes a file name as in RFC 8187. */
const encodedName = (name: string): string =>
  encodeURIComponent(name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

function found<T>(stored: T | undefined): T {
  if (stored === undefined) throw new Fault('transcript.unknown', { what: 'transcript' });
  return stored;
}

function done(outcome: ChangeOutcome, what: string): Response {
  if (outcome === 'unknown') throw new Fault('transcript.unknown', { what });
  if (outcome === 'full') throw new Fault('transcript.full', { what: 'notes', limit: LIMITS.notesMax });
  if (outcome === 'space') throw new Fault('transcript.space', {});
  return answered({});
}

const answered = (body: object): Response => jsonResponse(body, 200);

/** A response body that the store has encoded: parsing and encoding a long meeting would block the event loop. */
class LongAnswer {
  readonly bytes: Uint8Array;
  readonly headers: Headers;

  constructor(bytes: Uint8Array, headers: Headers) {
    this.bytes = bytes;
    this.headers = headers;
  }
}

/** A long response keeps its turn until it has been read, so that unread responses do not fill the memory. */
function paced(answer: Response | LongAnswer | AudioAnswer, clock: Clock, giveBack: Release): Response {
  if (answer instanceof AudioAnswer) return answer.respond(clock, giveBack);
  if (answer instanceof LongAnswer)
    return new Response(createPacedBody(answer.bytes, clock, giveBack), { headers: answer.headers });
  giveBack();
  return answer;
}

function noteId(text: string): string {
  if (NOTE_ID.test(text)) return text;
  throw new Fault('command.option', {
    name: 'note',
    got: text.slice(0, 60),
    want: 'letters, digits and dashes, at most 64',
  });
}

async function bodyOf(request: Request): Promise<unknown> {
  const text = await readBodyText(request, LIMITS.textBytesMax);
  return text.trim() === '' ? {} : parseJson(text);
}
