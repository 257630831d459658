import { noAuth } from '../access/no-auth.ts';
import type { Config } from '../config/options.ts';
import { createWyomingRoutes, WYOMING_PATH } from '../dialect/wyoming.ts';
import type { SessionParts } from '../flow/live-session.ts';
import { Gateway, type GatewayOptions } from '../gateway/gateway.ts';
import type { HttpSite } from '../gateway/site-routes.ts';
import type { ReportBug } from '../ports/bug.ts';
import { TcpTransport } from '../transport/tcp.ts';
import { formatUrl } from './transport.ts';

/** The port of Home Assistant, when there is to be one. */
export interface WyomingEndpoint {
  readonly address: string;
  /** From now on nobody new is let in. */
  drain(): void;
  close(): Promise<void>;
}

/**
 * Opens the Wyoming port: the same sessions and limits behind a door of its own, where the address stands for the key
 * that the protocol has no place for. Rejects with a `server.listen` fault.
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
