import { isIP } from 'node:net';
import { Fault } from '../../protocol/index.ts';
import type { OpenRequest } from '../ports/transport.ts';

/**
 * A page on any site can open a WebSocket to this machine, and a name can be made to point at it. So a browser's
 * origin must be this server itself or one the operator allowed, and the host must be an address or a known name; with
 * `anyHost`, where a key is needed, it may be any. Returns the fault to refuse with.
 */
export function refusalOf(
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
