import { z } from 'zod';
import { Fault, parseJson, ROOMS_PATH } from '../../protocol/index.ts';
import { TEXT_FORMS, type TextForm } from '../../transcript/index.ts';
import type { Rooms } from '../flow/rooms.ts';
import type { ClientIdentity } from '../ports/authenticator.ts';
import type { Clock } from '../ports/clock.ts';
import type { ViewerToken, ViewerTokens } from '../ports/viewer-tokens.ts';
import { readBodyText } from './body.ts';
import { jsonResponse } from './responses.ts';
import { type PlaylistRequest, RoomHls } from './room-hls.ts';
import { ROOM_TEXT_TYPES, type RoomTextFormat, renderRoomText } from './room-text.ts';
import type { AuthorisedRequest, HttpRoute } from './route-table.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import { parseViewingRequest, readQueryChoice, type ViewingRequest } from './viewing-request.ts';

const TokenOptions = z.strictObject({
  label: z.string().max(100).optional(),
  seconds: z.int().min(10).max(31_536_000).optional(),
});
const BODY_BYTES_MAX = 1_024;
const TOKEN_OPTIONS_TEXT = '{"label": up to 100 characters, "seconds": 10 to 31536000}, both optional';
const FRESH = { ...SECURITY_HEADERS, 'cache-control': 'no-store' };

export interface RoomRoutesSetup {
  readonly rooms: Rooms;
  readonly viewerTokens: ViewerTokens | undefined;
  /** Disconnects viewers whose token is no longer valid. */
  checkViewerTokens(): void;
  /** Wall time, ms since 1970. */
  readonly wallMs: () => number;
  readonly clock: Clock;
}

/** HTTP routes of rooms: tokens for viewers, the text so far, captions for HLS. */
export class RoomRoutes {
  readonly #setup: RoomRoutesSetup;
  readonly #hls: RoomHls;

  constructor(setup: RoomRoutesSetup) {
    this.#setup = setup;
    this.#hls = new RoomHls(setup);
  }

  readonly routes: readonly HttpRoute[] = [
    { method: 'POST', path: `${ROOMS_PATH}:room/viewers`, scope: 'owner', handle: (asked) => this.#add(asked) },
    { method: 'GET', path: `${ROOMS_PATH}:room/viewers`, scope: 'owner', handle: (asked) => this.#list(asked) },
    {
      method: 'DELETE',
      path: `${ROOMS_PATH}:room/viewers/:id`,
      scope: 'owner',
      handle: (asked) => this.#revoke(asked),
    },
    ...(['GET', 'HEAD'] as const).flatMap((method): HttpRoute[] => [
      { method, path: `${ROOMS_PATH}:room/transcript`, scope: 'room', handle: (asked) => this.#text(asked) },
      { method, path: `${ROOMS_PATH}:room/captions.m3u8`, scope: 'room', handle: (asked) => this.#playlist(asked) },
      { method, path: `${ROOMS_PATH}:room/captions/:file`, scope: 'room', handle: (asked) => this.#segment(asked) },
    ]),
  ];

  async #add({ request, params, identity }: AuthorisedRequest): Promise<Response> {
    const { key, token } = identity!;
    const text = await readBodyText(request, BODY_BYTES_MAX);
    let options: z.infer<typeof TokenOptions>;
    try {
      options = TokenOptions.parse(text === '' ? {} : parseJson(text));
    } catch {
      throw new Fault('command.option', { name: 'body', got: '(another)', want: TOKEN_OPTIONS_TEXT });
    }
    const made = this.#viewerTokens.add({
      room: params['room']!,
      key: key === '' ? undefined : key,
      token,
      ...options,
    });
    return jsonResponse(withoutMaker(made), 200);
  }

  /** Lists a key's own tokens: other keys may have made some for a room of the same name. */
  async #list({ params, identity }: AuthorisedRequest): Promise<Response> {
    return jsonResponse({ viewers: this.#own(params['room']!, identity!).map(withoutMaker) }, 200);
  }

  async #revoke({ params, identity }: AuthorisedRequest): Promise<Response> {
    const { room, id } = params as { room: string; id: string };
    const isOwn = this.#own(room, identity!).some((pass) => pass.id === id);
    const pass = isOwn ? this.#viewerTokens.revoke(room, id) : undefined;
    if (pass === undefined)
      throw new Fault('http.unknown', { path: `${ROOMS_PATH}${room}/viewers/${id.slice(0, 40)}` });
    this.#setup.checkViewerTokens();
    return jsonResponse(withoutMaker(pass), 200);
  }

  /** Tokens that the operator made on the command line can only be revoked there. */
  #own(room: string, { key }: ClientIdentity): readonly ViewerToken[] {
    return this.#viewerTokens.list(room).filter((pass) => (pass.key ?? '') === key);
  }

  async #text({ url, params, viewer }: AuthorisedRequest): Promise<Response> {
    const asked = this.#parseRequest(url, params);
    const query = url.searchParams;
    const names = Object.keys(ROOM_TEXT_TYPES);
    const form = new RegExp(`^(${names.join('|')})$`);
    const format = (readQueryChoice(query, { name: 'format', form, want: names.join(', ') }) ??
      'txt') as RoomTextFormat;
    const { rooms } = this.#setup;
    // The room may have changed hands since the request was authorised.
    rooms.checkReader(asked.room, viewer!.key);
    const events = (rooms.find(asked.room)?.events ?? []).map(({ body }) => body);
    const body = renderRoomText(events, { format, text: readTextForm(query), translate: asked.translate });
    return new Response(body, { headers: { ...FRESH, 'content-type': ROOM_TEXT_TYPES[format] } });
  }

  async #playlist({ url, params, viewer }: AuthorisedRequest): Promise<Response> {
    const playlist = parsePlaylistRequest(this.#parseRequest(url, params), url.searchParams, viewer!.key);
    this.#setup.rooms.checkReader(playlist.room, playlist.key);
    const body = this.#hls.playlist(playlist);
    return new Response(body, { headers: { ...FRESH, 'content-type': 'application/vnd.apple.mpegurl' } });
  }

  async #segment({ url, params, viewer }: AuthorisedRequest): Promise<Response> {
    const playlist = parsePlaylistRequest(this.#parseRequest(url, params), url.searchParams, viewer!.key);
    this.#setup.rooms.checkReader(playlist.room, playlist.key);
    const file = params['file']!;
    const number = /^(\d{1,15})\.vtt$/.exec(file)?.[1];
    const body = number && this.#hls.segment(playlist, Number(number));
    if (body === undefined)
      throw new Fault('http.unknown', { path: `${ROOMS_PATH}${playlist.room}/captions/${file.slice(0, 40)}` });
    // Its content never changes, but who may read it does.
    const headers = {
      ...SECURITY_HEADERS,
      'content-type': ROOM_TEXT_TYPES.vtt,
      'cache-control': 'private, max-age=60',
    };
    return new Response(body, { headers });
  }

  #parseRequest(url: URL, params: AuthorisedRequest['params']): ViewingRequest {
    return parseViewingRequest({ url: `${ROOMS_PATH}${params['room']}${url.search}`, headers: {} }, ROOMS_PATH, '');
  }

  get #viewerTokens(): ViewerTokens {
    const { viewerTokens } = this.#setup;
    if (viewerTokens === undefined)
      throw new Fault('auth.denied', { got: 'A viewer token on a server without a data folder' });
    return viewerTokens;
  }
}

/** Leaves out the key that made a token. */
function withoutMaker<P extends ViewerToken>({ key: _, signer: __, ...pass }: P): Omit<P, 'key' | 'signer'> {
  return pass;
}

function readTextForm(query: URLSearchParams): TextForm {
  const form = new RegExp(`^(${TEXT_FORMS.join('|')})$`);
  return (readQueryChoice(query, { name: 'text', form, want: TEXT_FORMS.join(', ') }) ?? 'cleaned') as TextForm;
}

function parsePlaylistRequest(
  { room, translate, token }: ViewingRequest,
  query: URLSearchParams,
  key: string | undefined,
): PlaylistRequest {
  const want = 'a time such as 2026-01-31T12:00:00Z';
  const start = readQueryChoice(query, { name: 'start', form: /^\d{4}-\d\d-\d\dT[\d:.]{5,12}Z$/, want });
  const startMs = start === undefined ? undefined : Date.parse(start);
  if (Number.isNaN(startMs)) throw new Fault('command.option', { name: 'start', got: start!, want });
  const stamp = { name: 'mpegts', form: /^\d{1,10}$/, want: 'a time stamp of 90,000 a second' };
  return {
    room,
    key,
    text: readTextForm(query),
    translate,
    token,
    startMs,
    mpegts: Number(readQueryChoice(query, stamp) ?? 0),
  };
}
