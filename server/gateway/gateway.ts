import { Fault, STREAM_PATH, SUBPROTOCOL } from '../../protocol/index.ts';
import type { Dialect } from '../ports/dialect.ts';
import type { OpenRequest, TransportHandler, Upgrade } from '../ports/transport.ts';
import { refusalOf } from './admission.ts';
import { SessionConnection, type SessionParts } from './connection.ts';
import { answer, faultResponse, type Site } from './http.ts';

export interface GatewayOptions {
  readonly allowedOrigins: readonly string[];
  readonly host: string;
  readonly sessionsMax: number;
}

/** The front door: who may come in, and which room they are shown to. */
export class Gateway implements TransportHandler {
  readonly #parts: SessionParts;
  readonly #site: Site;
  readonly #dialect: Dialect;
  readonly #options: GatewayOptions;
  #draining = false;

  constructor(parts: SessionParts, site: Site, dialect: Dialect, options: GatewayOptions) {
    this.#parts = parts;
    this.#site = site;
    this.#dialect = dialect;
    this.#options = options;
  }

  /** From now on nobody new is let in. */
  drain(): void {
    this.#draining = true;
  }

  upgrade(request: OpenRequest): Upgrade {
    const fault = this.#refusal(request);
    if (fault !== undefined) {
      if (fault.code === 'server.full' || fault.code === 'server.draining') this.#parts.meter.refused();
      return { kind: 'refuse', response: faultResponse(fault) };
    }
    const subprotocol = request.subprotocols.includes(SUBPROTOCOL) ? SUBPROTOCOL : undefined;
    return {
      kind: 'accept',
      subprotocol,
      open: (connection) => new SessionConnection(connection, this.#dialect, this.#parts),
    };
  }

  async fetch(request: Request): Promise<Response> {
    const headers = Object.fromEntries(request.headers);
    const fault = refusalOf({ headers }, this.#options.allowedOrigins, this.#options.host);
    if (fault !== undefined) return faultResponse(fault);
    return answer(request, this.#site);
  }

  #refusal(request: OpenRequest): Fault | undefined {
    const path = request.url.split('?')[0]!;
    const { registry } = this.#parts;
    if (path !== STREAM_PATH) return new Fault('http.unknown', { path });
    const { subprotocols } = request;
    if (subprotocols.length > 0 && !subprotocols.includes(SUBPROTOCOL)) {
      return new Fault('command.option', { name: 'subprotocol', got: subprotocols.join(', '), want: SUBPROTOCOL });
    }
    const refused = refusalOf(request, this.#options.allowedOrigins, this.#options.host);
    if (refused !== undefined) return refused;
    if (this.#draining) return new Fault('server.draining', {});
    const { sessionsMax } = this.#options;
    return registry.size >= sessionsMax
      ? new Fault('server.full', { live: registry.size, limit: sessionsMax })
      : undefined;
  }
}
