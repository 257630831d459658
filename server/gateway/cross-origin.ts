import type { StreamDecision } from '../ports/transport.ts';

/** What a page elsewhere may ask of the addresses that programs use; the pages are for themselves. */
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const HEADERS = 'authorization, content-type, last-event-id';
/** Headers of an answer that a page may read beside those it always may. */
const READABLE = 'content-disposition, retry-after, www-authenticate';
/** How long a browser need not ask again, s. */
const ASKED_ONCE_FOR = '600';

type Leave = Readonly<Record<string, string>>;

/** A page of this origin is let in and may read the answer; empty for whoever needs no leave. */
export function getAllowedOrigin(origin: string | null | undefined, allowedOrigins: readonly string[]): Leave {
  if (origin == null || !allowedOrigins.includes(origin)) return {};
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': READABLE };
}

/** A browser asks, without any key, whether a page elsewhere may send what it wants to. */
export const isPreflight = ({ method, headers }: Pick<Request, 'method' | 'headers'>): boolean =>
  method === 'OPTIONS' && headers.has('origin') && headers.has('access-control-request-method');

export function answerPreflight(): Response {
  const headers = {
    'access-control-allow-methods': METHODS,
    'access-control-allow-headers': HEADERS,
    'access-control-max-age': ASKED_ONCE_FOR,
  };
  return new Response(null, { status: 204, headers });
}

/** What `leave` opens a page may also show without reading it, as `<video>` does. */
const opened = (leave: Leave): Leave =>
  Object.keys(leave).length === 0 ? leave : { ...leave, 'cross-origin-resource-policy': 'cross-origin' };

/** The answer as the origin may read it. Caches keep one per origin. */
export function addCorsHeaders(response: Response, leave: Leave): Response {
  response.headers.append('vary', 'origin');
  for (const [name, value] of Object.entries(opened(leave))) response.headers.set(name, value);
  return response;
}

/** The same for a stream of events. */
export function addStreamCorsHeaders(following: StreamDecision, leave: Leave): StreamDecision {
  if (following.kind === 'refuse') return { ...following, response: addCorsHeaders(following.response, leave) };
  return { ...following, headers: { ...following.headers, vary: 'origin', ...opened(leave) } };
}
