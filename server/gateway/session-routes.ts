import { Fault, isFault, STREAM_PATH, SUBPROTOCOL } from '../../protocol/index.ts';
import type { SessionParts } from '../flow/live-session.ts';
import type { Authenticator, ClientIdentity } from '../ports/authenticator.ts';
import type { AudioDecoder } from '../ports/decoder.ts';
import type { Dialect, DialectContext, DialectRoutes, DialectSession } from '../ports/dialect.ts';
import type { Connection, ConnectionHandler, OpenRequest, UpgradeDecision } from '../ports/transport.ts';
import { SessionConnection, type SessionConnectionOptions } from './connection.ts';
import { readCredential } from './credential.ts';
import { Rejections } from './rejected-connection.ts';
import { toFaultResponse, toRefusalResponse } from './responses.ts';
import type { AcceptedUpgrade, AuthorisedRequest, HttpRoute, UpgradeRoute } from './route-table.ts';
import type { SessionCapacity } from './session-capacity.ts';

export interface SessionRoutesSetup {
  readonly parts: SessionParts;
  readonly access: Authenticator;
  readonly capacity: SessionCapacity;
  /** For clients that send compressed audio. */
  readonly decoder: AudioDecoder | undefined;
  /** Creates the context of a dialect. */
  readonly context: () => DialectContext;
  /** Converts an error into the fault that a client is sent. */
  toFault(error: unknown): Fault;
}

/** WebSockets on which sessions are opened or resumed, one path for each protocol. */
export class SessionRoutes {
  readonly #setup: SessionRoutesSetup;
  readonly #rejections: Rejections;

  constructor(setup: SessionRoutesSetup) {
    this.#setup = setup;
    this.#rejections = new Rejections(setup.parts.clock);
  }

  upgradeRoutes(dialects: DialectRoutes): readonly UpgradeRoute[] {
    return [...dialects].map(([path, dialect]) => this.#routeOf(path, dialect));
  }

  #routeOf(path: string, dialect: Dialect): UpgradeRoute {
    const { context } = this.#setup;
    return {
      ...{ method: 'UPGRADE', path, scope: 'stream' },
      accept: (request) => this.#accept(request, dialect),
      refuse: (fault) => {
        const refusal = dialect.refuse?.(fault, context());
        return refusal === undefined ? toFaultResponse(fault) : toRefusalResponse(fault, refusal);
      },
      reject: (fault, request) =>
        this.#rejections.accept(fault, dialect.subprotocol(request.subprotocols), dialect.reject?.(fault, context())),
    };
  }

  async #accept(request: OpenRequest, dialect: Dialect): Promise<AcceptedUpgrade> {
    const { parts, capacity, decoder, context } = this.#setup;
    const { remoteAddress: address } = request;
    const subprotocol = dialect.subprotocol(request.subprotocols);
    const credential = readCredential(request) ?? dialect.credential?.(request);
    const { identity, resumes } = await this.#authorise(request, credential);
    const session = dialect.open(request, context());
    if (isFault(session)) throw session;
    if (resumes === undefined) capacity.check(identity, address);
    const options = { parts, client: { identity, address }, resumes, decoder };
    return {
      ...{ kind: 'accept', subprotocol },
      open: (connection) => this.#open(connection, session, options, dialect),
    };
  }

  /**
   * Identifies the client. An existing session needs no capacity and outlives its token: it can be resumed even if the server is
   * full or draining. A client that is admitted for that can do nothing else.
   */
  async #authorise(
    request: OpenRequest,
    credential: string | undefined,
  ): Promise<{ readonly identity: ClientIdentity; readonly resumes: string | undefined }> {
    const { parts, access } = this.#setup;
    const id = new URLSearchParams(request.url.split('?')[1]).get('resume') ?? '';
    const session = parts.registry.find(id);
    if (parts.registry.isExpected(id)) throw new Fault('session.waiting', { session: id });
    const identity = session && (await access.reauthenticate(credential));
    if (identity !== undefined && identity.key === session?.key) return { identity, resumes: id };
    return { identity: await access.authenticate(credential, 'stream'), resumes: undefined };
  }

  /** Checks the capacity again: others may have started sessions since the upgrade was accepted. */
  #open(
    connection: Connection,
    session: DialectSession,
    options: SessionConnectionOptions,
    dialect: Dialect,
  ): ConnectionHandler {
    const { capacity, toFault, context } = this.#setup;
    const { client, resumes } = options;
    try {
      if (resumes === undefined) capacity.check(client.identity, client.address);
    } catch (error) {
      const fault = toFault(error);
      return this.#rejections.reject(connection, fault, dialect.reject?.(fault, context()));
    }
    return new SessionConnection(connection, session, options);
  }
}

/**
 * Builds the route that reports how an upgrade of our own path would be answered: browsers are not told why a WebSocket was
 * refused, so a page can ask. The upgrade authorises the request.
 */
export function buildUpgradeQuery(upgrade: (request: OpenRequest) => Promise<UpgradeDecision>): HttpRoute {
  const handle = async ({ url, request, remoteAddress }: AuthorisedRequest): Promise<Response> => {
    const { pathname, search } = url;
    const headers = Object.fromEntries(request.headers);
    const decision = await upgrade({ url: pathname + search, headers, subprotocols: [SUBPROTOCOL], remoteAddress });
    if (decision.kind === 'refuse') return decision.response;
    return toFaultResponse(new Fault('http.upgrade', { path: pathname }));
  };
  return { method: 'GET', path: STREAM_PATH, scope: 'stream', asUpgrade: true, handle };
}
