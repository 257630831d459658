import { FAULTS, Fault, isFault, LIMITS, ROOMS_PATH, VIEW_SUBPROTOCOL } from '../../protocol/index.ts';
import type { SessionParts } from '../flow/live-session.ts';
import type { Rooms } from '../flow/rooms.ts';
import type { Access } from '../ports/access.ts';
import type { Connection, ConnectionHandler, Following, OpenRequest, Upgrade } from '../ports/transport.ts';
import type { Pass, Passes } from '../ports/viewers.ts';
import { faultResponse } from './http.ts';
import { RoomDesk } from './room-desk.ts';
import { tell, Viewer } from './viewer.ts';
import { ViewerAdmission, type ViewerLimits } from './viewer-admission.ts';
import { type Asked, askedOf } from './viewing-request.ts';

export interface ViewingOptions {
  /** Where tokens of viewers are kept; undefined is nowhere. */
  readonly passes?: Passes | undefined;
  readonly limits: ViewerLimits;
  /** Wall time, ms since 1970; default the system's. */
  readonly wallMs?: (() => number) | undefined;
}

export interface ViewingSetup extends ViewingOptions {
  readonly parts: SessionParts & { readonly rooms: Rooms };
  readonly access: Access;
  /** Why nobody with this request may come in, whatever key they have. */
  refusal(request: OpenRequest): Fault | undefined;
}

interface Admitted {
  readonly asked: Asked;
  readonly pass: Pass | undefined;
  readonly address: string;
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
  readonly #admission: ViewerAdmission;
  readonly #desk: RoomDesk;
  /** Who watches with which pass. */
  readonly #passes = new Map<Viewer, string>();
  #check: Disposable | undefined;
  #turnedAway = 0;

  constructor(setup: ViewingSetup) {
    this.#setup = setup;
    const { rooms, registry, clock } = setup.parts;
    const { access, passes, limits, wallMs = Date.now } = setup;
    this.#admission = new ViewerAdmission({ rooms, registry, access, passes, limits });
    const checkPasses = (): void => this.#checkPasses();
    this.#desk = new RoomDesk({ rooms, passes, admission: this.#admission, checkPasses, wallMs, clock });
  }

  /** What is asked by HTTP but the events. Rejects with faults. */
  answer(request: Request): Promise<Response> {
    return this.#desk.answer(request);
  }

  /** Never rejects. */
  async upgrade(request: OpenRequest): Promise<Upgrade> {
    const subprotocol = request.subprotocols.includes(VIEW_SUBPROTOCOL) ? VIEW_SUBPROTOCOL : undefined;
    const stranger = this.#setup.refusal(request);
    if (stranger !== undefined) return { kind: 'refuse', response: faultResponse(stranger) };
    try {
      const asked = askedOf(request, ROOMS_PATH, '');
      const admitted = await this.#admit(asked, request);
      return { kind: 'accept', subprotocol, open: (connection) => this.#seat(connection, 'ws', admitted) };
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
      const admitted = await this.#admit(asked, request);
      const open = (connection: Connection) => this.#seat(connection, 'sse', admitted);
      return { kind: 'accept', headers: STREAM_HEADERS, filler: ':\n\n', open };
    } catch (error) {
      return { kind: 'refuse', response: faultResponse(this.#faultOf(error)) };
    }
  }

  async #admit(asked: Asked, request: OpenRequest): Promise<Admitted> {
    const pass = await this.#admission.admit(asked, request);
    this.#admission.checkPlace(asked.room, request.remoteAddress);
    return { asked, pass, address: request.remoteAddress };
  }

  #seat(connection: Connection, kind: 'ws' | 'sse', { asked, pass, address }: Admitted): ConnectionHandler {
    const { rooms, clock } = this.#setup.parts;
    const place = this.#admission.count(address);
    const viewer = new Viewer(connection, {
      ...{ kind, asked, clock },
      watch: (watcher) => rooms.watch(asked.room, asked, watcher),
      gone: (gone) => {
        place[Symbol.dispose]();
        this.#passes.delete(gone);
      },
    });
    if (pass !== undefined) {
      this.#passes.set(viewer, pass.id);
      this.#checkLater();
    }
    return viewer;
  }

  /** The file of passes may have changed, and time has passed. */
  #checkLater(): void {
    this.#check ??= this.#setup.parts.clock.after(LIMITS.viewerTokenEveryMs, () => {
      this.#check = undefined;
      this.#checkPasses();
      if (this.#passes.size > 0) this.#checkLater();
    });
  }

  #checkPasses(): void {
    const bad = new Map<string, Fault>();
    try {
      for (const id of new Set(this.#passes.values())) {
        const state = this.#setup.passes!.state(id);
        if (state !== 'good') bad.set(id, new Fault(state === 'revoked' ? 'viewer.revoked' : 'auth.expired', {}));
      }
    } catch (error) {
      // The operator broke the file; who is in stays until it is mended.
      this.#faultOf(error);
    }
    for (const [viewer, id] of this.#passes) {
      const fault = bad.get(id);
      if (fault === undefined) continue;
      this.#passes.delete(viewer);
      viewer.sendAway(fault);
    }
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
