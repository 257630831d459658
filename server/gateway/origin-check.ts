import { isIP } from 'node:net';
import { Fault } from '../../protocol/index.ts';
import type { OpenRequest } from '../ports/transport.ts';

/**
 * Checks `Origin` and `Host`. A page of any site can open a WebSocket to this machine, and any DNS name can be made to point at
 * it. So a browser's origin must be this server or one that the operator allowed, and the host must be an IP address or a
 * known name, or any name with `anyHost`, when a key is needed. Returns the fault to refuse with.
 */
export function findOriginRefusal(
  request: Pick<OpenRequest, 'headers'>,
  allowedOrigins: readonly string[],
  listenHost: string,
  anyHost = false,
): Fault | undefined {
  const host = request.headers['host'] ?? '';
  const name = hostName(host);
  const known = isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost') || name === listenHost;
  const origin = request.headers['origin'];
  const allowed = origin !== undefined && allowedOrigins.includes(origin);
  if (!known && !allowed && !anyHost) return new Fault('auth.denied', { got: `Host ${name || '(none)'}` });
  if (origin === undefined || allowed || originHost(origin) === host) return undefined;
  return new Fault('auth.denied', { got: `Origin ${origin}` });
}

/**
 * Reads the origin of the page that sent a request. `<video>` and navigations send no `Origin`; then it is taken from
 * `Referer`, which a page can suppress but not forge.
 */
export function readPageOrigin(headers: Readonly<Record<string, string>>): string | undefined {
  const { origin, referer } = headers;
  if (origin !== undefined || referer === undefined) return origin;
  try {
    return new URL(referer).origin;
  } catch {
    return undefined;
  }
}

/**
 * Detects a `GET` without `Origin` that a page of another site made a browser send, by a link, an image or a script. Browsers
 * report it in `Sec-Fetch-Site` on trustworthy connections (HTTPS or loopback), and by default in `Referer`. Another port or
 * subdomain (`same-site`) is another program, so it counts as another site. Requests with `none` (a typed address) and those of
 * programs, which send neither header, are accepted. Returns the fault to refuse with.
 */
export function findCrossSiteRefusal(
  headers: Readonly<Record<string, string>>,
  allowedOrigins: readonly string[],
): Fault | undefined {
  const { host = '', origin, 'sec-fetch-site': site } = headers;
  // Checked by `findOriginRefusal`.
  if (origin !== undefined) return undefined;
  const from = readPageOrigin(headers);
  if (from !== undefined && allowedOrigins.includes(from)) return undefined;
  const isOther =
    site === undefined ? from !== undefined && originHost(from) !== host : /^(cross|same)-site$/.test(site);
  return isOther ? new Fault('auth.denied', { got: `A request of a page elsewhere (${from ?? site})` }) : undefined;
}

function hostName(host: string): string {
  const bracketed = /^\[(.+)\](:\d+)?$/.exec(host);
  return bracketed?.[1] ?? host.replace(/:\d+$/, '');
}

function originHost(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}
