import { FAULTS, Fault, isFault, LIMITS, ROOMS_PATH, VIEW_SUBPROTOCOL } from '../../protocol/index.ts';
import type { SessionParts } from '../flow/live-session.ts';
import type { Rooms } from '../flow/rooms.ts';
import type { Authenticator, ClientIdentity } from '../ports/authenticator.ts';
import type {
  Connection,
  ConnectionHandler,
  OpenRequest,
  StreamDecision,
  UpgradeDecision,
} from '../ports/transport.ts';
import type { ViewerTokens } from '../ports/viewer-tokens.ts';
import { SECURITY_HEADERS, toFaultResponse } from './http.ts';
import { RoomRoutes } from './room-routes.ts';
import type { HttpRoute, Route } from './route-table.ts';
import { toViewerFault, Viewer } from './viewer.ts';
import { ViewerAdmission, type ViewerIdentity, type ViewerLimits } from './viewer-admission.ts';
import { parseViewingRequest, type ViewingRequest } from './viewing-request.ts';

export interface ViewingOptions {
  /** Where tokens of viewers are kept; undefined is nowhere. */
  readonly passes?: ViewerTokens | undefined;
  readonly limits: ViewerLimits;
  /** Wall time, ms since 1970; default the system's. */
  readonly wallMs?: (() => number) | undefined;
}

export interface ViewingSetup extends ViewingOptions {
  readonly parts: SessionParts & { readonly rooms: Rooms };
  readonly access: Authenticator;
  /** Why nobody with this request may come in, whatever key they have. */
  refusal(request: OpenRequest): Fault | undefined;
}

interface Admitted {
  readonly asked: ViewingRequest;
  readonly identity: ViewerIdentity;
  readonly address: string;
}

const STREAM_HEADERS = {
  ...SECURITY_HEADERS,
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  // Some proxies would keep it back until it is long enough.
  'x-accel-buffering': 'no',
};
/** Reading along: what `upgrade` and `follow` answer. */
export const VIEWING_ROUTES: readonly Route[] = [
  { method: 'UPGRADE', path: `${ROOMS_PATH}:room`, scope: 'room' },
  { method: 'GET', path: `${ROOMS_PATH}:room/events`, scope: 'room' },
];
/** Connections that are being told why they may not watch. More are refused before the upgrade. */
const TURNED_AWAY_MAX = 64;
const RECHECKED_AT_ONCE = 100;
const NOBODY: ConnectionHandler = { message: () => {}, close: () => {} };

/** Lets viewers in: they read what is said in a room, over a WebSocket or as server-sent events. */
export class ViewingRoutes {
  readonly #setup: ViewingSetup;
  readonly #admission: ViewerAdmission;
  readonly #desk: RoomRoutes;
  /** Everybody who watches, by what they came with: it is checked once for all who share it. */
  readonly #watching = new Map<string, { readonly identity: ViewerIdentity; readonly viewers: Set<Viewer> }>();
  #check: Disposable | undefined;
  #turnedAway = 0;

  constructor(setup: ViewingSetup) {
    this.#setup = setup;
    const { rooms, registry, clock } = setup.parts;
    const { access, passes, limits, wallMs = Date.now } = setup;
    this.#admission = new ViewerAdmission({ rooms, registry, access, passes, limits });
    const checkPasses = (): void => void this.#recheck();
    this.#desk = new RoomRoutes({ rooms, passes, checkPasses, wallMs, clock });
  }

  /** What is answered about rooms but the events. */
  get httpRoutes(): readonly HttpRoute[] {
    return this.#desk.routes;
  }

  /** Who asks to read a room. Rejects with faults. */
  async admit({ url, headers }: Pick<OpenRequest, 'url' | 'headers'>, room: string): Promise<ViewerIdentity> {
    const search = url.includes('?') ? url.slice(url.indexOf('?')) : '';
    const asked = parseViewingRequest({ url: `${ROOMS_PATH}${room}${search}`, headers }, ROOMS_PATH, '');
    return this.#admission.admit(asked, { headers, subprotocols: [] });
  }

  /** Who asks for what only the owner of a room may. Rejects with faults. */
  async own({ headers }: Pick<OpenRequest, 'headers'>, room: string): Promise<ClientIdentity> {
    parseViewingRequest({ url: `${ROOMS_PATH}${room}`, headers: {} }, ROOMS_PATH, '');
    return this.#admission.own(room, { headers, subprotocols: [] });
  }

  /** Never rejects. */
  async upgrade(request: OpenRequest): Promise<UpgradeDecision> {
    const subprotocol = request.subprotocols.includes(VIEW_SUBPROTOCOL) ? VIEW_SUBPROTOCOL : undefined;
    const stranger = this.#setup.refusal(request);
    if (stranger !== undefined) return { kind: 'refuse', response: toFaultResponse(stranger) };
    try {
      const asked = parseViewingRequest(request, ROOMS_PATH, '');
      const admitted = await this.#admit(asked, request);
      return { kind: 'accept', subprotocol, open: (connection) => this.#seat(connection, 'ws', admitted) };
    } catch (error) {
      const fault = this.#faultOf(error);
      // A page cannot read why an upgrade was refused, and would ask for ever.
      const isTold = subprotocol !== undefined && this.#turnedAway < TURNED_AWAY_MAX;
      if (isTold) return { kind: 'accept', subprotocol, open: (connection) => this.#turnAway(connection, fault) };
      return { kind: 'refuse', response: toFaultResponse(fault) };
    }
  }

  /** Undefined when the path is not that of a stream of events. Never rejects. */
  follow(request: OpenRequest): Promise<StreamDecision> | undefined {
    return request.url.split('?')[0]!.endsWith('/events') ? this.#follow(request) : undefined;
  }

  async #follow(request: OpenRequest): Promise<StreamDecision> {
    try {
      const stranger = this.#setup.refusal(request);
      if (stranger !== undefined) throw stranger;
      const asked = parseViewingRequest(request, ROOMS_PATH, '/events');
      const admitted = await this.#admit(asked, request);
      const open = (connection: Connection) => this.#seat(connection, 'sse', admitted);
      return { kind: 'accept', headers: STREAM_HEADERS, filler: ':\n\n', open };
    } catch (error) {
      return { kind: 'refuse', response: toFaultResponse(this.#faultOf(error)) };
    }
  }

  async #admit(asked: ViewingRequest, request: OpenRequest): Promise<Admitted> {
    const identity = await this.#admission.admit(asked, request);
    this.#admission.checkPlace(asked.room, request.remoteAddress);
    return { asked, identity, address: request.remoteAddress };
  }

  #seat(connection: Connection, kind: 'ws' | 'sse', { asked, identity, address }: Admitted): ConnectionHandler {
    const { rooms, clock } = this.#setup.parts;
    const refusalFor = (owner: string): Fault | undefined => refusalOf(identity, asked.room, owner);
    try {
      // Somebody else may have begun to speak here since the request came, and others may have come to watch.
      rooms.checkReader(asked.room, identity.key);
      this.#admission.checkPlace(asked.room, address);
    } catch (error) {
      return this.#dismiss(connection, kind, this.#faultOf(error));
    }
    const place = this.#admission.count(address);
    const viewer = new Viewer(connection, {
      ...{ kind, asked, clock, refusalFor },
      watch: (watcher) => rooms.subscribe(asked.room, asked, watcher),
      gone: (gone) => {
        place[Symbol.dispose]();
        this.#forget(identity, gone);
      },
    });
    const name = nameOf(identity);
    const sharing = this.#watching.get(name) ?? { identity, viewers: new Set() };
    this.#watching.set(name, sharing);
    sharing.viewers.add(viewer);
    this.#recheckLater();
    return viewer;
  }

  #forget(identity: ViewerIdentity, viewer: Viewer): void {
    const sharing = this.#watching.get(nameOf(identity));
    sharing?.viewers.delete(viewer);
    if (sharing?.viewers.size === 0) this.#watching.delete(nameOf(identity));
  }

  /** Keys and tokens may have been revoked, and time has passed. */
  #recheckLater(): void {
    this.#check ??= this.#setup.parts.clock.setTimer(LIMITS.viewerTokenEveryMs, () => {
      // The clock takes what the promise may reject with.
      return this.#recheck().finally(() => {
        this.#check = undefined;
        if (this.#watching.size > 0) this.#recheckLater();
      });
    });
  }

  /** Sends away whoever may no longer watch. Never rejects. */
  async #recheck(): Promise<void> {
    for (const [at, { identity, viewers }] of [...this.#watching.values()].entries()) {
      // Thousands of viewers, each with a token of its own, must not hold up who speaks.
      if (at % RECHECKED_AT_ONCE === RECHECKED_AT_ONCE - 1) await new Promise((resolve) => setImmediate(resolve));
      try {
        const fault = this.#admission.recheck(identity);
        if (fault === undefined) continue;
        this.#setup.parts.meter.fault(fault.code);
        for (const viewer of [...viewers]) {
          this.#forget(identity, viewer);
          viewer.sendAway(fault);
        }
      } catch (error) {
        // The operator broke a file; whoever is in stays until it is mended.
        this.#faultOf(error);
      }
    }
  }

  #dismiss(connection: Connection, kind: 'ws' | 'sse', fault: Fault): ConnectionHandler {
    const text = toViewerFault(fault, 0);
    connection.send(kind === 'ws' ? text : `data: ${text}\n\n`);
    connection.close(FAULTS[fault.code].close, fault.code);
    return NOBODY;
  }

  #turnAway(connection: Connection, fault: Fault): ConnectionHandler {
    this.#turnedAway++;
    return {
      ...this.#dismiss(connection, 'ws', fault),
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

/** Viewers with the same credential are checked together. */
const nameOf = ({ key, pass, token }: ViewerIdentity): string =>
  pass === undefined ? `${key} ${token?.signer} ${token?.expiresMs}` : `viewer ${pass.id}`;

/** Why somebody may not read a room that is `owner`'s. */
function refusalOf({ key }: ViewerIdentity, room: string, owner: string): Fault | undefined {
  if (key === undefined || key === owner) return undefined;
  return new Fault('auth.denied', { got: `Room ${room} of another key` });
}
