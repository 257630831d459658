import { isIP } from 'node:net';
import { Fault } from '../../protocol/index.ts';
import type { OpenRequest } from '../ports/transport.ts';

/**
 * A page on any site can open a WebSocket to this machine, and a name can be made to point at it. So a browser's
 * origin must be this server itself or one the operator allowed, and the host must be an address or a known name; with
 * `anyHost`, where a key is needed, it may be any. Returns the fault to refuse with.
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
 * The origin of the page that sent a request. Without `Origin`, as `<video>` and navigations come, the origin of the
 * `Referer` stands for it: a page can keep that back, and cannot forge it.
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
 * A page of another site can make a browser send a `GET` without `Origin`: a link, an image, a script. Browsers say so in
 * `Sec-Fetch-Site`, where the connection is trustworthy (HTTPS or loopback), and by default in `Referer`. Another port or
 * subdomain (`same-site`) is another program, so it counts as another site. `none`, an address that somebody typed, and
 * programs that send neither header are let through. Returns the fault to refuse with.
 */
export function findCrossSiteRefusal(
  headers: Readonly<Record<string, string>>,
  allowedOrigins: readonly string[],
): Fault | undefined {
  const { host = '', origin, 'sec-fetch-site': site } = headers;
  // That one has been checked.
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
