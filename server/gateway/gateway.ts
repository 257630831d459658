import { randomUUID } from 'node:crypto';
import { FAULTS, Fault, isFault } from '../../protocol/index.ts';
import type { SessionParts } from '../flow/live-session.ts';
import type { Access, Caller } from '../ports/access.ts';
import type { Dialect, DialectContext, DialectSession, Routes, TurnedAway } from '../ports/dialect.ts';
import type { Connection, ConnectionHandler, OpenRequest, TransportHandler, Upgrade } from '../ports/transport.ts';
import { refusalOf } from './admission.ts';
import { SessionConnection, type SessionConnectionOptions } from './connection.ts';
import { credentialOf } from './credential.ts';
import { Farewell } from './farewell.ts';
import { answer, faultResponse, json, type Site } from './http.ts';
import { mintToken, temporaryToken } from './tokens.ts';

export interface GatewayOptions {
  readonly allowedOrigins: readonly string[];
  readonly host: string;
  readonly sessionsMax: number;
  /** Live sessions one key, and one address, may have. */
  readonly sessionsPerKeyMax: number;
  readonly sessionsPerAddressMax: number;
}

/** Clients that are being told over a connection why they may not stay. More are refused before the upgrade. */
const FAREWELLS_MAX = 64;
const NOBODY: ConnectionHandler = { message: () => {}, close: () => {} };

/** The front door: who may come in, and which room they are shown to. */
export class Gateway implements TransportHandler {
  readonly #parts: SessionParts;
  readonly #site: Site;
  readonly #routes: Routes;
  readonly #access: Access;
  readonly #options: GatewayOptions;
  readonly #farewells = new Set<Farewell>();
  #draining = false;

  constructor(parts: SessionParts, site: Site, routes: Routes, access: Access, options: GatewayOptions) {
    this.#parts = parts;
    this.#site = site;
    this.#routes = routes;
    this.#access = access;
    this.#options = options;
  }

  /** From now on nobody new is let in. */
  drain(): void {
    this.#draining = true;
  }

  async upgrade(request: OpenRequest): Promise<Upgrade> {
    const path = request.url.split('?')[0]!;
    const dialect = this.#routes.get(path);
    const context = { id: randomUUID(), nowMs: Date.now(), model: this.#parts.offer.model };
    const stranger = dialect === undefined ? new Fault('http.unknown', { path }) : this.#refusal(request);
    if (dialect === undefined || stranger !== undefined)
      return { kind: 'refuse', response: refusalBy(dialect, stranger!, context) };
    const subprotocol = dialect.subprotocol(request.subprotocols);
    try {
      const credential = credentialOf(request) ?? dialect.credential?.(request);
      const caller = await this.#access.admit(credential, 'stream');
      const session = dialect.open(request, context);
      if (isFault(session)) throw session;
      const resumes = session.lifetime === 'kept' ? this.#resumed(request, caller) : undefined;
      if (resumes === undefined) this.#checkRoom(caller, request.remoteAddress);
      return {
        kind: 'accept',
        subprotocol,
        open: (connection) =>
          this.#open(
            connection,
            session,
            { parts: this.#parts, visitor: { caller, address: request.remoteAddress }, resumes },
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

  async fetch(request: Request): Promise<Response> {
    const headers = Object.fromEntries(request.headers);
    const { pathname } = new URL(request.url);
    const credential = credentialOf({ headers, subprotocols: [] });
    try {
      const fault = this.#refusal({ headers });
      if (fault !== undefined) throw fault;
      if (pathname === '/v1/token' && request.method === 'POST')
        return json(await mintToken(request, credential, this.#access), 200);
      if (pathname === '/v3/token' && request.method === 'GET')
        return await temporaryToken(request, credential, this.#access);
      // Numbers of the server say who speaks when; its page and its health say nothing about anybody.
      if (pathname === '/metrics') await this.#access.admit(credential, 'metrics');
      return await answer(request, this.#site);
    } catch (error) {
      return faultResponse(this.#faultOf(error));
    }
  }

  /** A session that is here already needs no room: its client may come back though the server is full or draining. */
  #resumed(request: OpenRequest, caller: Caller): string | undefined {
    const id = new URLSearchParams(request.url.split('?')[1]).get('resume') ?? '';
    return this.#parts.registry.find(id)?.key === caller.key ? id : undefined;
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

  #refusal(request: Pick<OpenRequest, 'headers'>): Fault | undefined {
    const { allowedOrigins, host } = this.#options;
    return refusalOf(request, allowedOrigins, host, this.#access.needsKey);
  }

  #checkRoom(caller: Caller, address: string): void {
    const { registry } = this.#parts;
    const { sessionsMax, sessionsPerKeyMax, sessionsPerAddressMax } = this.#options;
    if (this.#draining) throw new Fault('server.draining', {});
    if (registry.size >= sessionsMax) throw new Fault('server.full', { live: registry.size, limit: sessionsMax });
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
  const response = faultResponse(fault);
  const refusal = dialect?.refuse?.(fault, context);
  if (refusal === undefined) return response;
  const headers = { ...Object.fromEntries(response.headers), ...refusal.headers };
  return new Response(JSON.stringify(refusal.body), { status: refusal.status, headers });
}
