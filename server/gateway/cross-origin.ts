import type { StreamDecision } from '../ports/transport.ts';

/** What pages of other origins may request from the API. Our own pages cannot be read by others. */
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const HEADERS = 'authorization, content-type, last-event-id';
/** Response headers that a page may read in addition to the safelisted ones. */
const READABLE = 'content-disposition, retry-after, www-authenticate';
/** How long a browser may cache the preflight response, s. */
const ASKED_ONCE_FOR = '600';

type Leave = Readonly<Record<string, string>>;

/** CORS headers for an allowed origin; empty for a request that needs none. */
export function getAllowedOrigin(origin: string | null | undefined, allowedOrigins: readonly string[]): Leave {
  if (origin == null || !allowedOrigins.includes(origin)) return {};
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': READABLE };
}

/** Whether a request is a CORS preflight, which browsers send without any key. */
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

/** A page that may read a response may also embed it, as `<video>` does. */
const opened = (leave: Leave): Leave =>
  Object.keys(leave).length === 0 ? leave : { ...leave, 'cross-origin-resource-policy': 'cross-origin' };

/** Adds CORS headers to a response. Caches keep one response for each origin. */
export function addCorsHeaders(response: Response, leave: Leave): Response {
  response.headers.append('vary', 'origin');
  for (const [name, value] of Object.entries(opened(leave))) response.headers.set(name, value);
  return response;
}

/** The same for a streamed response. */
export function addStreamCorsHeaders(following: StreamDecision, leave: Leave): StreamDecision {
  if (following.kind === 'refuse') return { ...following, response: addCorsHeaders(following.response, leave) };
  return { ...following, headers: { ...following.headers, vary: 'origin', ...opened(leave) } };
}
