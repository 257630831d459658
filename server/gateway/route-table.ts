import type { Fault } from '../../protocol/index.ts';
import type { ClientIdentity, Scope } from '../ports/authenticator.ts';
import type { OpenRequest, StreamDecision, UpgradeDecision } from '../ports/transport.ts';
import type { ViewerIdentity } from './viewer-admission.ts';

/**
 * What a request must present. A scope: a key or token that has it. `room`: a viewer token of the room, or a key or token with
 * the scope `viewers` whose room it is. `owner`: a key or token with the scope `viewers`, or the secret of the session the
 * room is named after. `public`: nothing, but no page of another site may send it. `page`: nothing.
 */
export type RouteScope = Scope | 'room' | 'owner' | 'public' | 'page';

/** An address, and what is needed to use it. The gateway answers no address that is not in its table. */
export interface Route {
  /** `UPGRADE` is a WebSocket. */
  readonly method: 'UPGRADE' | 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Segments are literal, or `:name` for any segment that is not empty; a last segment `*` matches any number of them. */
  readonly path: string;
  readonly scope: RouteScope;
}

/** A request that has been authorised for its route. */
export interface AuthorisedRequest {
  readonly request: Request;
  readonly url: URL;
  readonly remoteAddress: string;
  /** Segments of the path by their names in the route, not decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Set unless the scope is `room`, `public` or `page`. */
  readonly identity: ClientIdentity | undefined;
  /** Set if the scope is `room`. */
  readonly viewer: ViewerIdentity | undefined;
}

export interface HttpRoute extends Route {
  /** Handles the request. May reject with faults. */
  handle(asked: AuthorisedRequest): Promise<Response>;
  /** The handler only tries an upgrade of the same path, which authorises the request itself. */
  readonly asUpgrade?: true;
  /** A refusal in the format that its clients expect; default: ours. */
  refuse?(fault: Fault): Response;
}

export type AcceptedUpgrade = Extract<UpgradeDecision, { kind: 'accept' }>;
export type AcceptedStream = Extract<StreamDecision, { kind: 'accept' }>;

/** A WebSocket. */
export interface UpgradeRoute extends Route {
  readonly method: 'UPGRADE';
  /** Authorises and accepts the request, whose credential may be in a place of its own protocol. May reject with faults. */
  accept(request: OpenRequest): Promise<AcceptedUpgrade>;
  /** A refusal before the upgrade, in the format that its clients expect; default: ours. */
  refuse?(fault: Fault): Response;
  /** A refusal over an open connection, for clients that cannot read any other; undefined refuses before the upgrade. */
  reject?(fault: Fault, request: OpenRequest): AcceptedUpgrade | undefined;
}

/** A response that is streamed until its reader disconnects. */
export interface StreamRoute extends Route {
  readonly method: 'GET';
  /** Authorises and accepts the request. May reject with faults. */
  accept(request: OpenRequest): Promise<AcceptedStream>;
}

/** Matches a path against a pattern. Returns the named segments, not decoded; undefined when it does not match. */
function matchPath(pattern: string, pathname: string): Readonly<Record<string, string>> | undefined {
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

/** Finds the first route of a table that matches a request, with its parameters. */
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
