import { randomUUID } from 'node:crypto';
import { FAULTS, Fault, isFault } from '../../protocol/index.ts';
import type { SessionParts } from '../flow/live-session.ts';
import type { Access, Caller } from '../ports/access.ts';
import type { Dialect, DialectContext, DialectSession, Routes } from '../ports/dialect.ts';
import type { Connection, ConnectionHandler, OpenRequest, TransportHandler, Upgrade } from '../ports/transport.ts';
import { refusalOf } from './admission.ts';
import { SessionConnection, type SessionConnectionOptions } from './connection.ts';
import { credentialOf } from './credential.ts';
import { answer, faultResponse, json, type Site } from './http.ts';
import { mintToken } from './tokens.ts';

export interface GatewayOptions {
  readonly allowedOrigins: readonly string[];
  readonly host: string;
  readonly sessionsMax: number;
  /** Live sessions one key, and one address, may have. */
  readonly sessionsPerKeyMax: number;
  readonly sessionsPerAddressMax: number;
}

const NOBODY: ConnectionHandler = { message: () => {}, close: () => {} };

/** The front door: who may come in, and which room they are shown to. */
export class Gateway implements TransportHandler {
  readonly #parts: SessionParts;
  readonly #site: Site;
  readonly #routes: Routes;
  readonly #access: Access;
  readonly #options: GatewayOptions;
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
    const context = { id: randomUUID(), nowMs: this.#parts.clock.nowMs(), model: this.#parts.offer.model };
    try {
      if (dialect === undefined) throw new Fault('http.unknown', { path });
      const refused = this.#refusal(request);
      if (refused !== undefined) throw refused;
      const caller = await this.#access.admit(credentialOf(request), 'stream');
      const session = dialect.open(request, context);
      if (isFault(session)) throw session;
      const resumes = session.lifetime === 'kept' ? this.#resumed(request, caller) : undefined;
      if (resumes === undefined) this.#checkRoom(caller, request.remoteAddress);
      return {
        kind: 'accept',
        subprotocol: dialect.subprotocol(request.subprotocols),
        open: (connection) =>
          this.#open(connection, session, {
            parts: this.#parts,
            visitor: { caller, address: request.remoteAddress },
            resumes,
          }),
      };
    } catch (error) {
      const fault = this.#faultOf(error);
      if (FAULTS[fault.code].http === 503) this.#parts.meter.refused();
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
  #open(connection: Connection, dialect: DialectSession, options: SessionConnectionOptions): ConnectionHandler {
    const { visitor, resumes } = options;
    try {
      if (resumes === undefined) this.#checkRoom(visitor.caller, visitor.address);
    } catch (error) {
      const fault = this.#faultOf(error);
      connection.close(FAULTS[fault.code].close, fault.code);
      return NOBODY;
    }
    return new SessionConnection(connection, dialect, options);
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
