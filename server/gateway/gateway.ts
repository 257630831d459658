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
import type { SessionParts } from '../flow/live-session.ts';
import type { Access, Caller } from '../ports/access.ts';
import type { AudioDecoder } from '../ports/decoder.ts';
import type {
  Dialect,
  DialectContext,
  DialectSession,
  HttpRoutes,
  Question,
  Routes,
  TurnedAway,
  UploadDialect,
} from '../ports/dialect.ts';
import type {
  Connection,
  ConnectionHandler,
  Following,
  OpenRequest,
  TransportHandler,
  Upgrade,
} from '../ports/transport.ts';
import { refusalOf } from './admission.ts';
import { SessionConnection, type SessionConnectionOptions } from './connection.ts';
import { credentialOf } from './credential.ts';
import { answerQuestion, followableBy, isQuestion, leaveFor, readableBy } from './cross-origin.ts';
import { Farewell } from './farewell.ts';
import { answer, faultResponse, json, type Site } from './http.ts';
import { mintToken, readBounded, temporaryToken } from './tokens.ts';
import type { TranscriptDesk } from './transcript-desk.ts';
import { refused, UploadDesk } from './uploads.ts';
import { ViewingDesk, type ViewingOptions } from './viewing.ts';

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
    readonly transcripts?: TranscriptDesk | undefined;
  };
}

/** Clients that are being told over a connection why they may not stay. More are refused before the upgrade. */
const FAREWELLS_MAX = 64;
const VIEWERS = { viewersMax: 5_000, viewersPerRoomMax: 5_000, viewersPerAddressMax: 5_000 };
const NOBODY: ConnectionHandler = { message: () => {}, close: () => {} };

/** The front door: who may come in, and which room they are shown to. */
export class Gateway implements TransportHandler {
  readonly #parts: SessionParts;
  readonly #site: Site;
  readonly #routes: Routes;
  readonly #access: Access;
  readonly #options: GatewayOptions;
  readonly #farewells = new Set<Farewell>();
  readonly #uploads: UploadDesk | undefined;
  readonly #viewing: ViewingDesk | undefined;
  #draining = false;

  constructor(parts: SessionParts, site: Site, routes: Routes, access: Access, options: GatewayOptions) {
    this.#parts = parts;
    this.#site = site;
    this.#routes = routes;
    this.#access = access;
    this.#options = options;
    const { rooms } = parts;
    this.#viewing =
      rooms &&
      new ViewingDesk({
        ...(options.viewing ?? { limits: VIEWERS }),
        parts: { ...parts, rooms },
        access,
        refusal: (request) => this.#strange(request),
      });
    this.#uploads = options.http && new UploadDesk(parts, options.http.decoder);
  }

  /** From now on nobody new is let in. */
  drain(): void {
    this.#draining = true;
  }

  async upgrade(request: OpenRequest): Promise<Upgrade> {
    const path = request.url.split('?')[0]!;
    if (path.startsWith(ROOMS_PATH) && this.#viewing !== undefined) return this.#viewing.upgrade(request);
    const dialect = this.#routes.get(path);
    const context = this.#context();
    const stranger = dialect === undefined ? new Fault('http.unknown', { path }) : this.#refusal(request);
    if (dialect === undefined || stranger !== undefined)
      return { kind: 'refuse', response: refusalBy(dialect, stranger!, context) };
    const subprotocol = dialect.subprotocol(request.subprotocols);
    try {
      const credential = credentialOf(request) ?? dialect.credential?.(request);
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
            { parts: this.#parts, visitor: { caller, address: request.remoteAddress }, resumes, decoder },
            (fault) => this.#turnAway(connection, fault, dialect.turnAway?.(fault, context)),
          ),
      };
    } catch (error) {
      const fault = this.#faultOf(error);
      if (FAULTS[fault.code].http === 503) this.#parts.meter.refused();
      const turnedAway = dialect.turnAway?.(fault, context);
      if (turnedAway !== undefined && this.#farewells.size < FAREWELLS_MAX)
        return { kind: 'accept', subprotocol, open: (connection) => this.#turnAway(connection, fault, turnedAway) };
      return { kind: 'refuse', response: refusalBy(dialect, fault, context) };
    }
  }

  follow(request: OpenRequest): Promise<Following> | undefined {
    const following = request.url.startsWith(ROOMS_PATH) ? this.#viewing?.follow(request) : undefined;
    const leave = leaveFor(request.headers['origin'], this.#options.allowedOrigins);
    return following?.then((one) => followableBy(one, leave));
  }

  async fetch(request: Request, remoteAddress: string): Promise<Response> {
    const response = await this.#answer(request, remoteAddress);
    // The pages are for themselves, and read by nobody else.
    if (!/^\/v\d\//.test(new URL(request.url).pathname)) return response;
    return readableBy(response, leaveFor(request.headers.get('origin'), this.#options.allowedOrigins));
  }

  async #answer(request: Request, remoteAddress: string): Promise<Response> {
    const headers = Object.fromEntries(request.headers);
    const { pathname } = new URL(request.url);
    const credential = credentialOf({ headers, subprotocols: [] });
    const upload = request.method === 'POST' ? this.#options.http?.routes.uploads.get(pathname) : undefined;
    if (upload !== undefined) return this.#upload(request, upload, remoteAddress);
    const question = this.#options.http?.routes.questions.find(
      ({ path, method }) =>
        method === request.method && (path.endsWith('/') ? pathname.startsWith(path) : pathname === path),
    );
    if (question !== undefined) return this.#ask(request, question);
    if (pathname === STREAM_PATH && request.method === 'GET') return this.#wouldOpen(request, remoteAddress);
    try {
      const fault = this.#refusal({ headers });
      if (fault !== undefined) throw fault;
      if (isQuestion(request)) return answerQuestion();
      if (pathname === '/v1/token' && request.method === 'POST')
        return json(await mintToken(request, credential, this.#access), 200);
      if (pathname === '/v3/token' && request.method === 'GET')
        return await temporaryToken(request, credential, this.#access);
      const transcripts = this.#options.http?.transcripts;
      if (transcripts?.claims(pathname))
        return await transcripts.answer(request, await this.#access.admit(credential, 'transcripts'));
      if (pathname.startsWith(ROOMS_PATH) && this.#viewing !== undefined) return await this.#viewing.answer(request);
      // Numbers of the server say who speaks when; its page and its health say nothing about anybody.
      if (pathname === '/metrics') await this.#access.admit(credential, 'metrics');
      return await answer(request, this.#site);
    } catch (error) {
      return faultResponse(this.#faultOf(error));
    }
  }

  /** A browser is not told why its WebSocket was refused, so it may ask. */
  async #wouldOpen(request: Request, remoteAddress: string): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const headers = Object.fromEntries(request.headers);
    const upgrade = await this.upgrade({ url: pathname + search, headers, subprotocols: [SUBPROTOCOL], remoteAddress });
    return upgrade.kind === 'refuse' ? upgrade.response : faultResponse(new Fault('http.upgrade', { path: pathname }));
  }

  async #upload(request: Request, dialect: UploadDialect, address: string): Promise<Response> {
    const context = this.#context();
    const headers = Object.fromEntries(request.headers);
    try {
      const fault = this.#refusal({ headers });
      if (fault !== undefined) throw fault;
      const caller = await this.#access.admit(credentialOf({ headers, subprotocols: [] }), 'stream');
      this.#checkRoom(caller, address);
      return await this.#uploads!.answer({ request, dialect, visitor: { caller, address }, context });
    } catch (error) {
      const fault = this.#faultOf(error);
      if (FAULTS[fault.code].http === 503) this.#parts.meter.refused();
      return refused(fault, dialect.refuse(fault, context));
    }
  }

  async #ask(request: Request, question: Question): Promise<Response> {
    const context = this.#context();
    const headers = Object.fromEntries(request.headers);
    const { pathname, search } = new URL(request.url);
    try {
      const fault = this.#refusal({ headers });
      if (fault !== undefined) throw fault;
      const caller = await this.#access.admit(credentialOf({ headers, subprotocols: [] }), question.scope);
      const text = question.method === 'POST' ? await readBounded(request, LIMITS.textBytesMax) : '';
      const mint = (seconds: number) => this.#access.mint(caller, seconds);
      const asked = { url: pathname + search, body: text === '' ? undefined : parseJson(text) };
      const { status, headers: more, body } = await question.answer(asked, { ...context, caller, mint });
      return new Response(JSON.stringify(body), {
        status,
        headers: { ...Object.fromEntries(json({}, 200).headers), ...more },
      });
    } catch (error) {
      const fault = this.#faultOf(error);
      return refused(fault, question.refuse(fault, context));
    }
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
  ): Promise<{ readonly caller: Caller; readonly resumes: string | undefined }> {
    const id = new URLSearchParams(request.url.split('?')[1]).get('resume') ?? '';
    const session = this.#parts.registry.find(id);
    if (this.#parts.registry.isExpected(id)) throw new Fault('session.waiting', { session: id });
    const caller = session && (await this.#access.readmit(credential));
    if (caller !== undefined && caller.key === session?.key) return { caller, resumes: id };
    return { caller: await this.#access.admit(credential, 'stream'), resumes: undefined };
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
      if (resumes === undefined) this.#checkRoom(visitor.caller, visitor.address);
    } catch (error) {
      return turnAway(this.#faultOf(error));
    }
    return new SessionConnection(connection, dialect, options);
  }

  #turnAway(connection: Connection, fault: Fault, turnedAway: TurnedAway | undefined): ConnectionHandler {
    if (turnedAway !== undefined && this.#farewells.size < FAREWELLS_MAX)
      return new Farewell(connection, turnedAway, this.#parts.clock, this.#farewells);
    connection.close(FAULTS[fault.code].close, fault.code);
    return NOBODY;
  }

  /** Viewers need no room among the sessions, but a server that stays. */
  #strange(request: OpenRequest): Fault | undefined {
    return this.#refusal(request) ?? (this.#draining ? new Fault('server.draining', {}) : undefined);
  }

  #refusal(request: Pick<OpenRequest, 'headers'>): Fault | undefined {
    const { allowedOrigins, host } = this.#options;
    return refusalOf(request, allowedOrigins, host, this.#access.needsKey);
  }

  #checkRoom(caller: Caller, address: string): void {
    const { registry, board } = this.#parts;
    const { sessionsMax, measured, sessionsPerKeyMax, sessionsPerAddressMax } = this.#options;
    if (this.#draining) throw new Fault('server.draining', {});
    if (registry.size >= sessionsMax) throw new Fault('server.full', { live: registry.size, limit: sessionsMax });
    if (measured && board.refuses(registry.size)) throw new Fault('server.full', { live: registry.size });
    const { ofKey, ofAddress } = registry.count(caller.key, address);
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
  return refusal === undefined ? faultResponse(fault) : refused(fault, refusal);
}
