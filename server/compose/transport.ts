import { isFault, LIMITS } from '../../protocol/index.ts';
import { ConfigError } from '../config/load.ts';
import type { Config } from '../config/options.ts';
import type { ReportBug } from '../ports/bug.ts';
import type { Log } from '../ports/log.ts';
import type { Transport, TransportHandler } from '../ports/transport.ts';
import { type Certificate, readCertificate, selfSignedCertificate } from '../transport/certificate.ts';
import { UwsTransport } from '../transport/uws.ts';
import { loadUws } from '../transport/uws-library.ts';
import { WsTransport } from '../transport/ws.ts';

/** Returns the constructor of the selected transport. Rejects with a ConfigError when uWebSockets.js is not installed. */
export async function chooseTransport(
  config: Config,
  certificate: Certificate | undefined,
): Promise<(handler: TransportHandler, reportBug: ReportBug) => Transport> {
  const { frameBytesMax, pingEveryMs, closeTimeoutMs, headersTimeoutMs, handshakesMax } = LIMITS;
  const options = { frameBytesMax, pingEveryMs, closeTimeoutMs, headersTimeoutMs, handshakesMax, certificate };
  if (config.transport === 'ws') return (handler, reportBug) => new WsTransport(handler, options, reportBug);
  const library = await loadUws().catch(asConfigError);
  return (handler, reportBug) => new UwsTransport(library, handler, options, reportBug);
}

/** Opens the certificate for HTTPS; undefined for HTTP. Rejects with a ConfigError that says what is wrong with it. */
export async function openCertificate(config: Config, folder: string, log: Log): Promise<Certificate | undefined> {
  const { 'tls-cert': cert, 'tls-key': key, 'tls-self-signed': selfSigned, host } = config;
  try {
    if (selfSigned) return await selfSignedCertificate(folder, host, Date.now());
    if (cert === undefined || key === undefined) return undefined;
    const certificate = readCertificate(cert, key);
    const days = Math.floor((certificate.expiresMs - Date.now()) / 86_400_000);
    if (days < 14)
      log.warn({ days }, days < 0 ? 'the TLS certificate has run out' : 'the TLS certificate runs out soon');
    return certificate;
  } catch (error) {
    return asConfigError(error);
  }
}

function asConfigError(error: unknown): never {
  throw isFault(error) ? new ConfigError([error]) : error;
}

/** Formats the address of a server, with an IPv6 host in brackets. */
export const formatUrl = (scheme: 'http' | 'https' | 'tcp', host: string, port: number): string =>
  `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
