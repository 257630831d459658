import { FAULTS, Fault, isFault, ROOMS_PATH, VIEW_SUBPROTOCOL } from '../../protocol/index.ts';
import type { Rooms } from '../flow/rooms.ts';
import type { Access } from '../ports/access.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import type { Connection, ConnectionHandler, Following, OpenRequest, Upgrade } from '../ports/transport.ts';
import { credentialOf } from './credential.ts';
import { faultResponse } from './http.ts';
import { tell, Viewer } from './viewer.ts';
import { type Asked, askedOf } from './viewing-request.ts';

export interface ViewingSetup {
  readonly parts: { readonly rooms: Rooms; readonly clock: Clock; readonly log: Log; readonly meter: Meter };
  readonly access: Access;
  /** Why nobody with this request may come in, whatever key they have. */
  refusal(request: OpenRequest): Fault | undefined;
}

const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  // Some proxies would keep it back until it is long enough.
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
};
/** Connections that are being told why they may not watch. More are refused before the upgrade. */
const TURNED_AWAY_MAX = 64;
const NOBODY: ConnectionHandler = { message: () => {}, close: () => {} };

/** Lets viewers in: they read what is said in a room, over a WebSocket or as server-sent events. */
export class ViewingDesk {
  readonly #setup: ViewingSetup;
  #turnedAway = 0;

  constructor(setup: ViewingSetup) {
    this.#setup = setup;
  }

  /** Never rejects. */
  async upgrade(request: OpenRequest): Promise<Upgrade> {
    const subprotocol = request.subprotocols.includes(VIEW_SUBPROTOCOL) ? VIEW_SUBPROTOCOL : undefined;
    const stranger = this.#setup.refusal(request);
    if (stranger !== undefined) return { kind: 'refuse', response: faultResponse(stranger) };
    try {
      const asked = askedOf(request, ROOMS_PATH, '');
      await this.#admit(asked, request);
      return { kind: 'accept', subprotocol, open: (connection) => this.#seat(connection, 'ws', asked) };
    } catch (error) {
      const fault = this.#faultOf(error);
      // A page cannot read why an upgrade was refused, and would ask for ever.
      const isTold = subprotocol !== undefined && this.#turnedAway < TURNED_AWAY_MAX;
      if (isTold) return { kind: 'accept', subprotocol, open: (connection) => this.#turnAway(connection, fault) };
      return { kind: 'refuse', response: faultResponse(fault) };
    }
  }

  /** Undefined when the path is not that of a stream of events. Never rejects. */
  follow(request: OpenRequest): Promise<Following> | undefined {
    return request.url.split('?')[0]!.endsWith('/events') ? this.#follow(request) : undefined;
  }

  async #follow(request: OpenRequest): Promise<Following> {
    try {
      const stranger = this.#setup.refusal(request);
      if (stranger !== undefined) throw stranger;
      const asked = askedOf(request, ROOMS_PATH, '/events');
      await this.#admit(asked, request);
      return { kind: 'accept', headers: STREAM_HEADERS, open: (connection) => this.#seat(connection, 'sse', asked) };
    } catch (error) {
      return { kind: 'refuse', response: faultResponse(this.#faultOf(error)) };
    }
  }

  async #admit({ room }: Asked, request: OpenRequest): Promise<void> {
    const { access, parts } = this.#setup;
    const { key } = await access.admit(credentialOf(request), 'stream');
    const owner = parts.rooms.find(room)?.owner;
    if (owner !== undefined && owner !== key) throw new Fault('auth.denied', { got: `Room ${room} of another key` });
  }

  #seat(connection: Connection, kind: 'ws' | 'sse', asked: Asked): ConnectionHandler {
    const { rooms, clock } = this.#setup.parts;
    return new Viewer(connection, { kind, asked, clock, watch: (viewer) => rooms.watch(asked.room, asked, viewer) });
  }

  #turnAway(connection: Connection, fault: Fault): ConnectionHandler {
    this.#turnedAway++;
    connection.send(tell(fault, 0));
    connection.close(FAULTS[fault.code].close, fault.code);
    return {
      ...NOBODY,
      close: () => {
        this.#turnedAway--;
      },
    };
  }

  #faultOf(error: unknown): Fault {
    const { log, meter } = this.#setup.parts;
    const fault = isFault(error) ? error : new Fault('server.bug', {}, { cause: error });
    meter.fault(fault.code);
    if (fault.code === 'server.bug') log.error({ err: error }, 'a viewer could not be judged');
    return fault;
  }
}
