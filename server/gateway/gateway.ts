import { randomUUID } from 'node:crypto';
import { FAULTS, Fault, toFault } from '../../protocol/index.ts';
import { findBrokenEscape } from '../core/url/percent-escapes.ts';
import type { SessionParts } from '../flow/live-session.ts';
import type { Authenticator } from '../ports/authenticator.ts';
import type { AudioDecoder } from '../ports/decoder.ts';
import type { DialectContext, DialectRoutes, HttpRoutes } from '../ports/dialect.ts';
import type { OpenRequest, StreamDecision, TransportHandler, UpgradeDecision } from '../ports/transport.ts';
import { readCredential } from './credential.ts';
import {
  addCorsHeaders,
  addStreamCorsHeaders,
  answerPreflight,
  getAllowedOrigin,
  isPreflight,
} from './cross-origin.ts';
import { buildEndpointRoute } from './dialect-endpoints.ts';
import { findCrossSiteRefusal, findOriginRefusal, readPageOrigin } from './origin-check.ts';
import { toFaultResponse } from './responses.ts';
import {
  type AuthorisedRequest,
  findRoute,
  type HttpRoute,
  type Route,
  type RouteScope,
  type StreamRoute,
  type UpgradeRoute,
} from './route-table.ts';
import { SessionCapacity, type SessionLimits } from './session-capacity.ts';
import { buildUpgradeQuery, SessionRoutes } from './session-routes.ts';
import { buildSiteRoutes, type HttpSite } from './site-routes.ts';
import { buildTokenRoutes } from './tokens.ts';
import type { TranscriptRoutes } from './transcript-routes.ts';
import { UploadRoutes } from './upload-routes.ts';
import { type ViewingOptions, ViewingRoutes } from './viewing-routes.ts';

export interface GatewayOptions extends SessionLimits {
  readonly allowedOrigins: readonly string[];
  /** The host the server listens on. */
  readonly host: string;
  /** Tokens and limits of viewers; by default there are no viewer tokens. */
  readonly viewing?: ViewingOptions;
  /** What is served over HTTP besides the pages; undefined serves nothing else. */
  readonly http?: {
    readonly routes: HttpRoutes;
    readonly decoder: AudioDecoder;
    readonly transcripts?: TranscriptRoutes | undefined;
  };
}

const VIEWERS = { viewersMax: 5_000, viewersPerRoomMax: 5_000, viewersPerAddressMax: 5_000 };

/** Answers every request: finds its route in one table, checks origin and credential, and formats faults. */
export class Gateway implements TransportHandler {
  readonly #parts: SessionParts;
  readonly #access: Authenticator;
  readonly #options: GatewayOptions;
  readonly #capacity: SessionCapacity;
  readonly #viewing: ViewingRoutes | undefined;
  readonly #upgradeRoutes: readonly UpgradeRoute[];
  readonly #streamRoutes: readonly StreamRoute[];
  readonly #httpRoutes: readonly HttpRoute[];

  constructor(
    parts: SessionParts,
    site: HttpSite,
    dialects: DialectRoutes,
    access: Authenticator,
    options: GatewayOptions,
  ) {
    this.#parts = parts;
    this.#access = access;
    this.#options = options;
    this.#capacity = new SessionCapacity(parts, options);
    const { rooms } = parts;
    const viewing = options.viewing ?? { limits: VIEWERS };
    const toViewingFault = (error: unknown): Fault => this.#toFault(error, 'room');
    this.#viewing =
      rooms && new ViewingRoutes({ ...viewing, parts: { ...parts, rooms }, access, toFault: toViewingFault });
    const sessions = new SessionRoutes({
      ...{ parts, access, capacity: this.#capacity, decoder: options.http?.decoder },
      context: () => this.#context(),
      toFault: (error) => this.#toFault(error, undefined),
    });
    this.#upgradeRoutes = [...(this.#viewing?.upgradeRoutes ?? []), ...sessions.upgradeRoutes(dialects)];
    this.#streamRoutes = this.#viewing?.streamRoutes ?? [];
    this.#httpRoutes = this.#buildHttpRoutes(site);
  }

  /** Every address that is answered, with the scope it needs. */
  get routes(): readonly Route[] {
    return [...this.#upgradeRoutes, ...this.#streamRoutes, ...this.#httpRoutes];
  }

  /** The first match counts; the last are the pages and their files. */
  #buildHttpRoutes(site: HttpSite): readonly HttpRoute[] {
    const { http } = this.#options;
    const context = (): DialectContext => this.#context();
    const uploads = http && new UploadRoutes(this.#parts, http.decoder, this.#capacity, context);
    return [
      ...(uploads?.httpRoutes(http!.routes.uploads) ?? []),
      ...(http?.routes.endpoints ?? []).map((endpoint) => buildEndpointRoute(endpoint, this.#access, context)),
      buildUpgradeQuery((request) => this.handleUpgrade(request)),
      ...buildTokenRoutes(this.#access),
      ...(http?.transcripts?.httpRoutes ?? []),
      ...(this.#viewing?.httpRoutes ?? []),
      ...buildSiteRoutes(site),
    ];
  }

  /** Refuses new clients from now on. */
  drain(): void {
    this.#capacity.drain();
  }

  async handleUpgrade(request: OpenRequest): Promise<UpgradeDecision> {
    const path = pathOf(request.url);
    const route = findRoute(this.#upgradeRoutes, 'UPGRADE', path)?.route;
    const refuse = (fault: Fault): UpgradeDecision => ({
      ...{ kind: 'refuse', response: route?.refuse?.(fault) ?? toFaultResponse(fault) },
    });
    if (route === undefined) return refuse(findBrokenEscape(request.url) ?? new Fault('http.unknown', { path }));
    const refusal = this.#findConnectionRefusal(request, route.scope);
    if (refusal !== undefined) return refuse(refusal);
    try {
      return await route.accept(request);
    } catch (error) {
      const fault = this.#toFault(error, route.scope);
      return route.reject?.(fault, request) ?? refuse(fault);
    }
  }

  handleStream(request: OpenRequest): Promise<StreamDecision> | undefined {
    const route = findRoute(this.#streamRoutes, 'GET', pathOf(request.url))?.route;
    if (route === undefined) return undefined;
    const allowed = getAllowedOrigin(readPageOrigin(request.headers), this.#options.allowedOrigins);
    return this.#follow(request, route).then((decision) => addStreamCorsHeaders(decision, allowed));
  }

  async #follow(request: OpenRequest, route: StreamRoute): Promise<StreamDecision> {
    try {
      const refusal = this.#findConnectionRefusal(request, route.scope);
      if (refusal !== undefined) throw refusal;
      return await route.accept(request);
    } catch (error) {
      return { kind: 'refuse', response: toFaultResponse(this.#toFault(error, route.scope)) };
    }
  }

  async handleRequest(request: Request, remoteAddress: string): Promise<Response> {
    const headers = Object.fromEntries(request.headers);
    const response = await this.#answer(request, headers, remoteAddress);
    // Pages of other origins may not read ours.
    if (!/^\/v\d\//.test(new URL(request.url).pathname)) return response;
    return addCorsHeaders(response, getAllowedOrigin(readPageOrigin(headers), this.#options.allowedOrigins));
  }

  async #answer(request: Request, headers: OpenRequest['headers'], remoteAddress: string): Promise<Response> {
    const url = new URL(request.url);
    const found = findRoute(this.#httpRoutes, request.method, url.pathname);
    const scope = found?.route.scope;
    try {
      const refusal = this.#findRefusal({ url: request.url, headers }, scope);
      if (refusal !== undefined) throw refusal;
      if (isPreflight(request)) return answerPreflight();
      if (found === undefined)
        throw new Fault('http.unknown', { path: `${request.method} ${url.pathname}`.slice(0, 100) });
      const { route, params } = found;
      const opening: OpenRequest = { url: url.pathname + url.search, headers, subprotocols: [], remoteAddress };
      const granted = await this.#authorise(route.asUpgrade ? 'public' : route.scope, opening, params['room']);
      return await route.handle({ request, url, remoteAddress, params, ...granted });
    } catch (error) {
      const fault = this.#toFault(error, scope);
      return found?.route.refuse?.(fault) ?? toFaultResponse(fault);
    }
  }

  /** Rejects unless the request's credential has the scope. */
  async #authorise(
    scope: RouteScope,
    request: OpenRequest,
    room = '',
  ): Promise<Pick<AuthorisedRequest, 'identity' | 'viewer'>> {
    switch (scope) {
      case 'page':
      case 'public':
        return { identity: undefined, viewer: undefined };
      case 'room':
        return { identity: undefined, viewer: await this.#viewing!.admit(request, room) };
      case 'owner':
        return { identity: await this.#viewing!.admitOwner(request, room), viewer: undefined };
      default:
        return { identity: await this.#access.authenticate(readCredential(request), scope), viewer: undefined };
    }
  }

  #context(): DialectContext {
    return { id: randomUUID(), nowMs: Date.now(), model: this.#parts.offer.model };
  }

  /**
   * Returns the fault if a request is refused whatever its credential. Any site may link to a page; everything else is closed to
   * pages of other sites.
   */
  #findRefusal(request: Pick<OpenRequest, 'url' | 'headers'>, scope: RouteScope | undefined): Fault | undefined {
    const { allowedOrigins, host } = this.#options;
    return (
      findBrokenEscape(request.url) ??
      findOriginRefusal(request, allowedOrigins, host, this.#access.needsKey) ??
      (scope === 'page' ? undefined : findCrossSiteRefusal(request.headers, allowedOrigins))
    );
  }

  /** The same for connections. Viewers take no capacity from sessions, but are refused while the server is stopping. */
  #findConnectionRefusal(request: OpenRequest, scope: RouteScope): Fault | undefined {
    const isTooLate = scope === 'room' && this.#capacity.isDraining;
    return this.#findRefusal(request, scope) ?? (isTooLate ? new Fault('server.draining', {}) : undefined);
  }

  /** Converts an error into a fault for the client and counts it. Unexpected errors are logged. */
  #toFault(error: unknown, scope: RouteScope | undefined): Fault {
    const { log, meter } = this.#parts;
    const fault = toFault(error);
    if (fault !== error) log.error({ err: error }, 'a bug ended a request');
    if (scope === 'room') meter.fault(fault.code);
    if (scope === 'stream' && FAULTS[fault.code].http === 503) meter.refused();
    return fault;
  }
}

const pathOf = (url: string): string => url.split('?')[0]!;
