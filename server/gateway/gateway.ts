import { randomUUID } from 'node:crypto';
import {
  FAULTS,
  Fault,
  isFault,
  LIMITS,
  parseJson,
  ROOMS_PATH,
  STREAM_PATH,
  SUBPROTOCOL,
} from '../../protocol/index.ts';
import { findBrokenEscape } from '../core/url/percent-escapes.ts';
import type { SessionParts } from '../flow/live-session.ts';
import type { Authenticator, ClientIdentity } from '../ports/authenticator.ts';
import type { AudioDecoder } from '../ports/decoder.ts';
import type {
  Dialect,
  DialectContext,
  DialectRoutes,
  DialectSession,
  HttpEndpoint,
  HttpRoutes,
  Rejection,
  UploadDialect,
} from '../ports/dialect.ts';
import type {
  Connection,
  ConnectionHandler,
  OpenRequest,
  StreamDecision,
  TransportHandler,
  UpgradeDecision,
} from '../ports/transport.ts';
import { readBodyText } from './body.ts';
import { SessionConnection, type SessionConnectionOptions } from './connection.ts';
import { readCredential } from './credential.ts';
import {
  addCorsHeaders,
  addStreamCorsHeaders,
  answerPreflight,
  getAllowedOrigin,
  isPreflight,
} from './cross-origin.ts';
import { answerRequest, type HttpSite, jsonResponse, toFaultResponse } from './http.ts';
import { findCrossSiteRefusal, findOriginRefusal, readPageOrigin } from './origin-check.ts';
import { RejectedConnection } from './rejected-connection.ts';
import { type AuthorisedRequest, findRoute, type HttpRoute, type Route, type RouteScope } from './route-table.ts';
import { buildTemporaryTokenRefusal, mintTemporaryToken, mintToken } from './tokens.ts';
import { TRANSCRIPTS_PATH, type TranscriptRoutes } from './transcript-routes.ts';
import { toRefusalResponse, UploadRoutes } from './upload-routes.ts';
import { VIEWING_ROUTES, type ViewingOptions, ViewingRoutes } from './viewing-routes.ts';

export interface GatewayOptions {
  readonly allowedOrigins: readonly string[];
  readonly host: string;
  readonly sessionsMax: number;
  /** Whether sessions are also refused when the measured load says that the others would suffer. */
  readonly measured: boolean;
  /** Live sessions one key, and one address, may have. */
  readonly sessionsPerKeyMax: number;
  readonly sessionsPerAddressMax: number;
  /** Who may read along; by default whoever may speak, without tokens. */
  readonly viewing?: ViewingOptions;
  /** What is answered by HTTP beside the page, where anything is. */
  readonly http?: {
    readonly routes: HttpRoutes;
    readonly decoder: AudioDecoder;
    readonly transcripts?: TranscriptRoutes | undefined;
  };
}

/** Clients that are being told over a connection why they may not stay. More are refused before the upgrade. */
const FAREWELLS_MAX = 64;
const VIEWERS = { viewersMax: 5_000, viewersPerRoomMax: 5_000, viewersPerAddressMax: 5_000 };
const NOBODY: ConnectionHandler = { message: () => {}, close: () => {} };

/** The front door: who may come in, and which room they are shown to. */
export class Gateway implements TransportHandler {
  readonly #parts: SessionParts;
  readonly #site: HttpSite;
  readonly #routes: DialectRoutes;
  readonly #access: Authenticator;
  readonly #options: GatewayOptions;
  readonly #farewells = new Set<RejectedConnection>();
  readonly #uploads: UploadRoutes | undefined;
  readonly #viewing: ViewingRoutes | undefined;
  readonly #httpRoutes: readonly HttpRoute[];
  readonly #openRoutes: readonly Route[];
  #draining = false;

  constructor(
    parts: SessionParts,
    site: HttpSite,
    routes: DialectRoutes,
    access: Authenticator,
    options: GatewayOptions,
  ) {
    this.#parts = parts;
    this.#site = site;
    this.#routes = routes;
    this.#access = access;
    this.#options = options;
    const { rooms } = parts;
    this.#viewing =
      rooms &&
      new ViewingRoutes({
        ...(options.viewing ?? { limits: VIEWERS }),
        parts: { ...parts, rooms },
        access,
        refusal: (request) => this.#strange(request),
      });
    this.#uploads = options.http && new UploadRoutes(parts, options.http.decoder);
    this.#openRoutes = [
      ...(rooms === undefined ? [] : VIEWING_ROUTES),
      ...[...routes.keys()].map((path) => ({ method: 'UPGRADE', path, scope: 'stream' }) as const),
    ];
    this.#httpRoutes = this.#tableOf();
  }

  /** Every address that is answered, with what it takes to use it. */
  get routes(): readonly Route[] {
    return [...this.#openRoutes, ...this.#httpRoutes];
  }

  /** The first that fits counts; the last is the pages and their files. */
  #tableOf(): readonly HttpRoute[] {
    const access = this.#access;
    const { http } = this.#options;
    const { transcripts, routes: { uploads, endpoints: questions } = { uploads: new Map(), endpoints: [] } } =
      http ?? {};
    const page = (asked: AuthorisedRequest): Promise<Response> => answerRequest(asked.request, this.#site);
    const kept = async ({ request, caller }: AuthorisedRequest): Promise<Response> =>
      transcripts!.answer(request, caller!);
    return [
      ...[...uploads].map(([path, dialect]) => this.#uploadRoute(path, dialect)),
      ...questions.map((question) => this.#questionRoute(question)),
      { method: 'GET', path: STREAM_PATH, scope: 'stream', asUpgrade: true, handle: (asked) => this.#wouldOpen(asked) },
      {
        ...{ method: 'POST', path: '/v1/token', scope: 'token' },
        handle: async ({ request, caller }) => jsonResponse(await mintToken(request, caller!, access), 200),
      },
      {
        ...{ method: 'GET', path: '/v3/token', scope: 'token', refuse: buildTemporaryTokenRefusal },
        handle: async ({ url, caller }) => mintTemporaryToken(url, caller!, access),
      },
      ...(transcripts === undefined ? [] : ['', '/*']).map(
        (rest): HttpRoute => ({ method: '*', path: `${TRANSCRIPTS_PATH}${rest}`, scope: 'transcripts', handle: kept }),
      ),
      ...(this.#viewing?.httpRoutes ?? []),
      // Numbers of the server say who speaks when; its page and its health say nothing about anybody.
      { method: '*', path: '/metrics', scope: 'metrics', handle: page },
      { method: '*', path: '/v1/info', scope: 'public', handle: page },
      { method: '*', path: '/*', scope: 'page', handle: page },
    ];
  }

  /** From now on nobody new is let in. */
  drain(): void {
    this.#draining = true;
  }

  async handleUpgrade(request: OpenRequest): Promise<UpgradeDecision> {
    const path = request.url.split('?')[0]!;
    if (path.startsWith(ROOMS_PATH) && this.#viewing !== undefined) return this.#viewing.upgrade(request);
    const dialect = this.#routes.get(path);
    const context = this.#context();
    const stranger =
      dialect === undefined
        ? (findBrokenEscape(request.url) ?? new Fault('http.unknown', { path }))
        : this.#refusal(request, 'stream');
    if (dialect === undefined || stranger !== undefined)
      return { kind: 'refuse', response: refusalBy(dialect, stranger!, context) };
    const subprotocol = dialect.subprotocol(request.subprotocols);
    try {
      const credential = readCredential(request) ?? dialect.credential?.(request);
      const { caller, resumes } = await this.#admit(request, credential);
      const session = dialect.open(request, context);
      if (isFault(session)) throw session;
      const decoder = this.#options.http?.decoder;
      if (resumes === undefined) this.#checkRoom(caller, request.remoteAddress);
      return {
        kind: 'accept',
        subprotocol,
        open: (connection) =>
          this.#open(
            connection,
            session,
            { parts: this.#parts, visitor: { identity: caller, address: request.remoteAddress }, resumes, decoder },
            (fault) => this.#turnAway(connection, fault, dialect.reject?.(fault, context)),
          ),
      };
    } catch (error) {
      const fault = this.#faultOf(error);
      if (FAULTS[fault.code].http === 503) this.#parts.meter.refused();
      const turnedAway = dialect.reject?.(fault, context);
      if (turnedAway !== undefined && this.#farewells.size < FAREWELLS_MAX)
        return { kind: 'accept', subprotocol, open: (connection) => this.#turnAway(connection, fault, turnedAway) };
      return { kind: 'refuse', response: refusalBy(dialect, fault, context) };
    }
  }

  handleStream(request: OpenRequest): Promise<StreamDecision> | undefined {
    const following = request.url.startsWith(ROOMS_PATH) ? this.#viewing?.follow(request) : undefined;
    const leave = getAllowedOrigin(readPageOrigin(request.headers), this.#options.allowedOrigins);
    return following?.then((one) => addStreamCorsHeaders(one, leave));
  }

  async handleRequest(request: Request, remoteAddress: string): Promise<Response> {
    const headers = Object.fromEntries(request.headers);
    const response = await this.#answer(request, headers, remoteAddress);
    // The pages are for themselves, and read by nobody else.
    if (!/^\/v\d\//.test(new URL(request.url).pathname)) return response;
    return addCorsHeaders(response, getAllowedOrigin(readPageOrigin(headers), this.#options.allowedOrigins));
  }

  /** The one place where a request over HTTP is let in. */
  async #answer(request: Request, headers: OpenRequest['headers'], remoteAddress: string): Promise<Response> {
    const url = new URL(request.url);
    const found = findRoute(this.#httpRoutes, request.method, url.pathname);
    try {
      const fault = this.#refusal({ url: request.url, headers }, found?.route.scope);
      if (fault !== undefined) throw fault;
      if (isPreflight(request)) return answerPreflight();
      if (found === undefined)
        throw new Fault('http.unknown', { path: `${request.method} ${url.pathname}`.slice(0, 100) });
      const { route, params } = found;
      const opening: OpenRequest = { url: url.pathname + url.search, headers, subprotocols: [], remoteAddress };
      const granted = await this.#authorise(route.asUpgrade ? 'public' : route.scope, opening, params['room']);
      return await route.handle({ request, url, remoteAddress, params, ...granted });
    } catch (error) {
      const fault = this.#faultOf(error);
      if (found?.route.scope === 'stream' && FAULTS[fault.code].http === 503) this.#parts.meter.refused();
      return found?.route.refuse?.(fault) ?? toFaultResponse(fault);
    }
  }

  /** Rejects unless the request holds what the scope wants. */
  async #authorise(
    scope: RouteScope,
    request: OpenRequest,
    room = '',
  ): Promise<Pick<AuthorisedRequest, 'caller' | 'viewer'>> {
    switch (scope) {
      case 'page':
      case 'public':
        return { caller: undefined, viewer: undefined };
      case 'room':
        return { caller: undefined, viewer: await this.#viewing!.admit(request, room) };
      case 'owner':
        return { caller: await this.#viewing!.own(request, room), viewer: undefined };
      default:
        return { caller: await this.#access.authenticate(readCredential(request), scope), viewer: undefined };
    }
  }

  /** A browser is not told why its WebSocket was refused, so it may ask. */
  async #wouldOpen({ url, request, remoteAddress }: AuthorisedRequest): Promise<Response> {
    const { pathname, search } = url;
    const headers = Object.fromEntries(request.headers);
    const upgrade = await this.handleUpgrade({
      url: pathname + search,
      headers,
      subprotocols: [SUBPROTOCOL],
      remoteAddress,
    });
    return upgrade.kind === 'refuse'
      ? upgrade.response
      : toFaultResponse(new Fault('http.upgrade', { path: pathname }));
  }

  #uploadRoute(path: string, dialect: UploadDialect): HttpRoute {
    return {
      ...{ method: 'POST', path, scope: 'stream' },
      handle: async ({ request, caller, remoteAddress: address }) => {
        this.#checkRoom(caller!, address);
        return this.#uploads!.answer({
          request,
          dialect,
          visitor: { identity: caller!, address },
          context: this.#context(),
        });
      },
      refuse: (fault) => toRefusalResponse(fault, dialect.refuse(fault, this.#context())),
    };
  }

  #questionRoute(question: HttpEndpoint): HttpRoute {
    const { method, path, scope } = question;
    return {
      ...{ method, scope, path: path.endsWith('/') ? `${path}*` : path },
      handle: async ({ request, url, caller }) => {
        const text = method === 'POST' ? await readBodyText(request, LIMITS.textBytesMax) : '';
        // For those who speak: nothing else is asked for by clients of other protocols.
        const mint = (seconds: number) => this.#access.mintToken(caller!, seconds, ['stream']);
        const asked = { url: url.pathname + url.search, body: text === '' ? undefined : parseJson(text) };
        const { status, headers, body } = await question.answer(asked, {
          ...this.#context(),
          identity: caller!,
          mintToken: mint,
        });
        return new Response(JSON.stringify(body), {
          status,
          headers: { ...Object.fromEntries(jsonResponse({}, 200).headers), ...headers },
        });
      },
      refuse: (fault) => toRefusalResponse(fault, question.refuse(fault, this.#context())),
    };
  }

  #context(): DialectContext {
    return { id: randomUUID(), nowMs: Date.now(), model: this.#parts.offer.model };
  }

  /**
   * Who asks. A session that is here already needs no room, and outlives its token: its client may come back though the
   * server is full or draining. Whoever is let in for that can do nothing else.
   */
  async #admit(
    request: OpenRequest,
    credential: string | undefined,
  ): Promise<{ readonly caller: ClientIdentity; readonly resumes: string | undefined }> {
    const id = new URLSearchParams(request.url.split('?')[1]).get('resume') ?? '';
    const session = this.#parts.registry.find(id);
    if (this.#parts.registry.isExpected(id)) throw new Fault('session.waiting', { session: id });
    const caller = session && (await this.#access.reauthenticate(credential));
    if (caller !== undefined && caller.key === session?.key) return { caller, resumes: id };
    return { caller: await this.#access.authenticate(credential, 'stream'), resumes: undefined };
  }

  /** The room was there when the caller was let in; others may have come in meanwhile. */
  #open(
    connection: Connection,
    dialect: DialectSession,
    options: SessionConnectionOptions,
    turnAway: (fault: Fault) => ConnectionHandler,
  ): ConnectionHandler {
    const { visitor, resumes } = options;
    try {
      if (resumes === undefined) this.#checkRoom(visitor.identity, visitor.address);
    } catch (error) {
      return turnAway(this.#faultOf(error));
    }
    return new SessionConnection(connection, dialect, options);
  }

  #turnAway(connection: Connection, fault: Fault, turnedAway: Rejection | undefined): ConnectionHandler {
    if (turnedAway !== undefined && this.#farewells.size < FAREWELLS_MAX)
      return new RejectedConnection(connection, turnedAway, this.#parts.clock, this.#farewells);
    connection.close(FAULTS[fault.code].close, fault.code);
    return NOBODY;
  }

  /** Viewers need no room among the sessions, but a server that stays. */
  #strange(request: OpenRequest): Fault | undefined {
    return this.#refusal(request, 'room') ?? (this.#draining ? new Fault('server.draining', {}) : undefined);
  }

  /** Anybody may follow a link to a page; everything else is not for pages of other sites. */
  #refusal(request: Pick<OpenRequest, 'url' | 'headers'>, scope: RouteScope | undefined): Fault | undefined {
    const { allowedOrigins, host } = this.#options;
    return (
      findBrokenEscape(request.url) ??
      findOriginRefusal(request, allowedOrigins, host, this.#access.needsKey) ??
      (scope === 'page' ? undefined : findCrossSiteRefusal(request.headers, allowedOrigins))
    );
  }

  #checkRoom(caller: ClientIdentity, address: string): void {
    const { registry, scheduler: board } = this.#parts;
    const { sessionsMax, measured, sessionsPerKeyMax, sessionsPerAddressMax } = this.#options;
    if (this.#draining) throw new Fault('server.draining', {});
    if (registry.size >= sessionsMax) throw new Fault('server.full', { live: registry.size, limit: sessionsMax });
    if (measured && board.mustRefuse(registry.size)) throw new Fault('server.full', { live: registry.size });
    const { ofKey, ofAddress } = registry.countLive(caller.key, address);
    const keyMax = Math.min(caller.sessionsMax ?? sessionsPerKeyMax, sessionsPerKeyMax);
    if (caller.key !== '' && ofKey >= keyMax)
      throw new Fault('auth.sessions', { live: ofKey, limit: keyMax, of: 'key' });
    if (ofAddress >= sessionsPerAddressMax)
      throw new Fault('auth.sessions', { live: ofAddress, limit: sessionsPerAddressMax, of: 'address' });
  }

  /** What cannot be told to a stranger is logged and called a bug. */
  #faultOf(error: unknown): Fault {
    if (isFault(error)) return error;
    this.#parts.log.error({ err: error }, 'a request could not be judged');
    return new Fault('server.bug', {}, { cause: error });
  }
}

/** Each protocol's clients read refusals in a shape of their own. */
function refusalBy(dialect: Dialect | undefined, fault: Fault, context: DialectContext): Response {
  const refusal = dialect?.refuse?.(fault, context);
  return refusal === undefined ? toFaultResponse(fault) : toRefusalResponse(fault, refusal);
}
