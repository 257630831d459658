import { isIP } from 'node:net';

const REDIRECTS_MAX = 5;

/**
 * Fetches a URL and follows its redirects, except those that the operator would not expect: never from https to http,
 * and never from elsewhere into this machine or its network. Rejects with an error that omits the query, which may
 * contain a key.
 */
export async function fetchWithRedirects(
  url: string,
  options: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal },
): Promise<Response> {
  let current = new URL(url);
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
    const response = await fetch(current.href, { ...options, redirect: 'manual' });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) return response;
    await response.body?.cancel();
    current = resolveRedirect(current, location);
  }
  throw new RedirectError(`it redirects more than ${REDIRECTS_MAX} times`);
}

/** Thrown for a redirect that is not followed; trying again changes nothing. */
export class RedirectError extends Error {}

function resolveRedirect(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to === undefined || !/^https?:$/.test(to.protocol)) throw new RedirectError('it redirects to no web address');
  if (from.protocol === 'https:' && to.protocol === 'http:')
    throw new RedirectError(`it redirects from https to http (${to.host})`);
  if (isLocalHost(to.hostname) && !isLocalHost(from.hostname))
    throw new RedirectError(`it redirects into the local network (${to.host})`);
  return to;
}

/** Whether a host is this machine, or the address of a private or link-local network. */
function isLocalHost(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (isIP(name) === 4) return /^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01]))\./.test(name);
  // Link-local, unique local, loopback, and IPv4-mapped addresses.
  if (isIP(name) === 6) return /^(::|f[cd]|fe[89ab])/.test(name);
  return name === 'localhost' || /\.(localhost|local|internal)$/.test(name) || !name.includes('.');
}
