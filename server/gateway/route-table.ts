import type { Fault } from '../../protocol/index.ts';
import type { ClientIdentity, Scope } from '../ports/authenticator.ts';
import type { OpenRequest, StreamDecision, UpgradeDecision } from '../ports/transport.ts';
import type { ViewerIdentity } from './viewer-admission.ts';

/**
 * What a request must hold. A scope: a key or token with it. `room`: a viewer token of the room, or a key or token with
 * the scope `viewers` whose room it is. `owner`: a key or token with the scope `viewers`, or the secret of the session the
 * room is named after. `public`: nothing, but no page of another site may send it. `page`: nothing.
 */
export type RouteScope = Scope | 'room' | 'owner' | 'public' | 'page';

/** An address, and what it takes to use it. No address is answered that is not in the gateway's table. */
export interface Route {
  /** `UPGRADE` is a WebSocket. */
  readonly method: 'UPGRADE' | 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Segments are literal or `:name` (anything but nothing); a last segment `*` is any number of them. */
  readonly path: string;
  readonly scope: RouteScope;
}

/** A request that has been found to hold what its route wants. */
export interface AuthorisedRequest {
  readonly request: Request;
  readonly url: URL;
  readonly remoteAddress: string;
  /** Segments of the path by their names in the route. */
  readonly params: Readonly<Record<string, string>>;
  /** Set but for `room`, `public` and `page`. */
  readonly identity: ClientIdentity | undefined;
  /** Set for `room`. */
  readonly viewer: ViewerIdentity | undefined;
}

export interface HttpRoute extends Route {
  /** May reject with faults. */
  handle(asked: AuthorisedRequest): Promise<Response>;
  /** The handler asks what an upgrade of the same path would be answered, which is authorised there. */
  readonly asUpgrade?: true;
  /** A refusal in the shape its clients read; ours where this is absent. */
  refuse?(fault: Fault): Response;
}

export type AcceptedUpgrade = Extract<UpgradeDecision, { kind: 'accept' }>;
export type AcceptedStream = Extract<StreamDecision, { kind: 'accept' }>;

/** A WebSocket. */
export interface UpgradeRoute extends Route {
  readonly method: 'UPGRADE';
  /** Authorises the request, whose credential may be in a place of its protocol's own. May reject with faults. */
  accept(request: OpenRequest): Promise<AcceptedUpgrade>;
  /** A refusal before the upgrade in the shape its clients read; ours where this is absent. */
  refuse?(fault: Fault): Response;
  /** A refusal over an open connection, for clients that can read no other; undefined refuses before the upgrade. */
  reject?(fault: Fault, request: OpenRequest): AcceptedUpgrade | undefined;
}

/** A response that goes on for as long as its reader stays. */
export interface StreamRoute extends Route {
  readonly method: 'GET';
  /** Authorises the request. May reject with faults. */
  accept(request: OpenRequest): Promise<AcceptedStream>;
}

/** The segments that have names when a path fits a pattern, undecoded; undefined when it does not. */
export function matchPath(pattern: string, pathname: string): Readonly<Record<string, string>> | undefined {
  const wanted = pattern.split('/');
  const given = pathname.split('/');
  const isOpen = wanted.at(-1) === '*';
  if (isOpen ? given.length < wanted.length : given.length !== wanted.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    if (isOpen && at === wanted.length - 1) break;
    const got = given[at]!;
    if (!part.startsWith(':')) {
      if (part !== got) return undefined;
    } else if (got === '') return undefined;
    else params[part.slice(1)] = got;
  }
  return params;
}

/** The first route of a table that a request fits, with its parameters. */
export function findRoute<R extends Route>(
  routes: readonly R[],
  method: string,
  pathname: string,
): { readonly route: R; readonly params: Readonly<Record<string, string>> } | undefined {
  for (const route of routes) {
    if (route.method !== method) continue;
    const params = matchPath(route.path, pathname);
    if (params !== undefined) return { route, params };
  }
  return undefined;
}
