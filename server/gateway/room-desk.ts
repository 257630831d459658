import { z } from 'zod';
import { Fault, parseJson, ROOMS_PATH } from '../../protocol/index.ts';
import type { Rooms } from '../flow/rooms.ts';
import type { Clock } from '../ports/clock.ts';
import type { Passes } from '../ports/viewers.ts';
import { json } from './http.ts';
import { type HlsWish, RoomHls } from './room-hls.ts';
import { TEXT_FORMS, type TextForm, textOf } from './room-text.ts';
import { readBounded } from './tokens.ts';
import type { ViewerAdmission } from './viewer-admission.ts';
import { type Asked, askedOf, choice } from './viewing-request.ts';

const Wanted = z.strictObject({
  label: z.string().max(100).optional(),
  seconds: z.int().min(10).max(31_536_000).optional(),
});
const WANTED = '{"label": up to 100 characters, "seconds": 10 to 31536000}, both optional';
/** Of what browsers take for what it says it is. */
const UNGUESSED = { 'x-content-type-options': 'nosniff' };
const FRESH = { ...UNGUESSED, 'cache-control': 'no-store' };

export interface RoomDeskSetup {
  readonly rooms: Rooms;
  readonly passes: Passes | undefined;
  readonly admission: ViewerAdmission;
  /** Sends away who watches with a pass that is no longer good. */
  checkPasses(): void;
  /** Wall time, ms since 1970. */
  readonly wallMs: () => number;
  readonly clock: Clock;
}

/** Answers what is asked about rooms over HTTP: tokens for viewers, the text so far, captions for HLS. */
export class RoomDesk {
  readonly #setup: RoomDeskSetup;
  readonly #hls: RoomHls;

  constructor(setup: RoomDeskSetup) {
    this.#setup = setup;
    this.#hls = new RoomHls(setup);
  }

  /** Rejects with faults. */
  async answer(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const [room = '', page = '', id] = pathname.slice(ROOMS_PATH.length).split('/');
    const asked = askedOf({ url: `${ROOMS_PATH}${room}${search}`, headers: {} }, ROOMS_PATH, '');
    const what = `${request.method} ${page}${id === undefined ? '' : '/'}`;
    switch (what) {
      case 'POST viewers':
        return this.#add(asked.room, request);
      case 'GET viewers':
        return this.#list(asked.room, request);
      case 'DELETE viewers/':
        return this.#revoke(asked.room, request, id!);
      case 'GET transcript':
      case 'HEAD transcript':
        return this.#text(asked, request);
      case 'GET captions.m3u8':
      case 'HEAD captions.m3u8':
        return this.#playlist(asked, request);
      case 'GET captions/':
      case 'HEAD captions/':
        return this.#segment(asked, request, id!);
      default:
        throw new Fault('http.unknown', { path: `${request.method} ${pathname}`.slice(0, 100) });
    }
  }

  async #add(room: string, request: Request): Promise<Response> {
    const { key } = await this.#own(room, request);
    const text = await readBounded(request);
    let wanted: z.infer<typeof Wanted>;
    try {
      wanted = Wanted.parse(text === '' ? {} : parseJson(text));
    } catch {
      throw new Fault('command.option', { name: 'body', got: '(another)', want: WANTED });
    }
    return json(told(this.#passes.add({ room, key: key === '' ? undefined : key, ...wanted })), 200);
  }

  async #list(room: string, request: Request): Promise<Response> {
    await this.#own(room, request);
    return json({ viewers: this.#passes.list(room).map(told) }, 200);
  }

  async #revoke(room: string, request: Request, id: string): Promise<Response> {
    await this.#own(room, request);
    const pass = this.#passes.revoke(room, id);
    if (pass === undefined)
      throw new Fault('http.unknown', { path: `${ROOMS_PATH}${room}/viewers/${id.slice(0, 40)}` });
    this.#setup.checkPasses();
    return json(told(pass), 200);
  }

  async #text(asked: Asked, request: Request): Promise<Response> {
    await this.#admit(asked, request);
    const query = new URL(request.url).searchParams;
    const names = Object.keys(TEXT_FORMS);
    const form = new RegExp(`^(${names.join('|')})$`);
    const format = (choice(query, { name: 'format', form, want: names.join(', ') }) ?? 'txt') as TextForm;
    const { rooms } = this.#setup;
    const events = (rooms.find(asked.room)?.events ?? []).map(({ body }) => body);
    const body = textOf(events, { format, text: textKind(query), translate: asked.translate });
    return new Response(body, { headers: { 'content-type': TEXT_FORMS[format], ...FRESH } });
  }

  async #playlist(asked: Asked, request: Request): Promise<Response> {
    await this.#admit(asked, request);
    const body = this.#hls.playlist(hlsWish(asked, request));
    return new Response(body, { headers: { 'content-type': 'application/vnd.apple.mpegurl', ...FRESH } });
  }

  async #segment(asked: Asked, request: Request, file: string): Promise<Response> {
    await this.#admit(asked, request);
    const number = /^(\d{1,15})\.vtt$/.exec(file)?.[1];
    const body = number && this.#hls.segment(hlsWish(asked, request), Number(number));
    if (body === undefined)
      throw new Fault('http.unknown', { path: `${ROOMS_PATH}${asked.room}/captions/${file.slice(0, 40)}` });
    // It never changes, but who may see it does.
    const headers = { ...UNGUESSED, 'content-type': TEXT_FORMS.vtt, 'cache-control': 'private, max-age=60' };
    return new Response(body, { headers });
  }

  #admit(asked: Asked, request: Request): Promise<unknown> {
    const headers = Object.fromEntries(request.headers);
    return this.#setup.admission.admit(asked, { headers, subprotocols: [] });
  }

  #own(room: string, request: Request): Promise<{ readonly key: string }> {
    return this.#setup.admission.own(room, { headers: Object.fromEntries(request.headers), subprotocols: [] });
  }

  get #passes(): Passes {
    const { passes } = this.#setup;
    if (passes === undefined)
      throw new Fault('auth.denied', { got: 'A viewer token on a server without a data folder' });
    return passes;
  }
}

/** Whose key made it is nobody's business. */
function told<P extends { readonly key?: string | undefined }>({ key: _, ...pass }: P): Omit<P, 'key'> {
  return pass;
}

function textKind(query: URLSearchParams): 'cleaned' | 'raw' {
  const text = choice(query, { name: 'text', form: /^(cleaned|raw)$/, want: 'cleaned or raw' });
  return text === 'raw' ? 'raw' : 'cleaned';
}

function hlsWish({ room, translate, token }: Asked, request: Request): HlsWish {
  const query = new URL(request.url).searchParams;
  const want = 'a time such as 2026-01-31T12:00:00Z';
  const start = choice(query, { name: 'start', form: /^\d{4}-\d\d-\d\dT[\d:.]{5,12}Z$/, want });
  const startMs = start === undefined ? undefined : Date.parse(start);
  if (Number.isNaN(startMs)) throw new Fault('command.option', { name: 'start', got: start!, want });
  const stamp = { name: 'mpegts', form: /^\d{1,10}$/, want: 'a time stamp of 90,000 a second' };
  return { room, text: textKind(query), translate, token, startMs, mpegts: Number(choice(query, stamp) ?? 0) };
}
