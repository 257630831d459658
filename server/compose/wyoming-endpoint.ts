import { noAuth } from '../access/no-auth.ts';
import type { Config } from '../config/options.ts';
import { createWyomingRoutes, WYOMING_PATH } from '../dialect/wyoming.ts';
import type { SessionParts } from '../flow/live-session.ts';
import { Gateway, type GatewayOptions } from '../gateway/gateway.ts';
import type { HttpSite } from '../gateway/site-routes.ts';
import type { ReportBug } from '../ports/bug.ts';
import { TcpTransport } from '../transport/tcp.ts';
import { formatUrl } from './transport.ts';

/** The Wyoming endpoint, which Home Assistant connects to. */
export interface WyomingEndpoint {
  readonly address: string;
  /** Refuses new sessions from now on. */
  drain(): void;
  close(): Promise<void>;
}

/**
 * Opens the Wyoming endpoint: the same sessions and limits on a port of its own. The protocol has no place for a key, so clients
 * are admitted by their address. Undefined when it is disabled. Rejects with a `server.listen` fault.
 */
export async function openWyomingEndpoint(
  config: Pick<Config, 'wyoming-host' | 'wyoming-port' | 'wyoming-allow'>,
  of: {
    readonly parts: SessionParts;
    readonly site: HttpSite;
    readonly bounds: GatewayOptions;
    readonly reportBug: ReportBug;
  },
): Promise<WyomingEndpoint | undefined> {
  const { 'wyoming-host': host, 'wyoming-port': port, 'wyoming-allow': allowed } = config;
  if (port === 0) return undefined;
  const { parts, site, bounds, reportBug } = of;
  const gateway = new Gateway(parts, site, createWyomingRoutes(parts.offer.languages), noAuth, bounds);
  const transport = new TcpTransport(gateway, { path: WYOMING_PATH, allowedAddresses: allowed }, reportBug);
  const taken = await transport.listen(host, port);
  return {
    address: formatUrl('tcp', host, taken),
    drain: () => gateway.drain(),
    close: () => transport.close(),
  };
}
