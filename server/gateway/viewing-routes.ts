import { FAULTS, Fault, LIMITS, ROOMS_PATH, VIEW_SUBPROTOCOL } from '../../protocol/index.ts';
import type { SessionParts } from '../flow/live-session.ts';
import type { Rooms } from '../flow/rooms.ts';
import type { Authenticator, ClientIdentity } from '../ports/authenticator.ts';
import type { Connection, ConnectionHandler, OpenRequest } from '../ports/transport.ts';
import type { ViewerTokens } from '../ports/viewer-tokens.ts';
import { IGNORE_FRAMES, Rejections } from './rejected-connection.ts';
import { RoomRoutes } from './room-routes.ts';
import type { AcceptedStream, AcceptedUpgrade, HttpRoute, StreamRoute, UpgradeRoute } from './route-table.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import { toViewerFault, Viewer } from './viewer.ts';
import { ViewerAdmission, type ViewerIdentity, type ViewerLimits } from './viewer-admission.ts';
import { parseViewingRequest, type ViewingRequest } from './viewing-request.ts';

export interface ViewingOptions {
  /** Storage of viewer tokens; undefined when there is none. */
  readonly viewerTokens?: ViewerTokens | undefined;
  readonly limits: ViewerLimits;
  /** Wall time, ms since 1970; default the system's. */
  readonly wallMs?: (() => number) | undefined;
}

export interface ViewingSetup extends ViewingOptions {
  readonly parts: SessionParts & { readonly rooms: Rooms };
  readonly access: Authenticator;
  /** Converts an error into the fault that a viewer is sent. */
  toFault(error: unknown): Fault;
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
  // Some proxies would buffer it.
  'x-accel-buffering': 'no',
};
const RECHECKED_AT_ONCE = 100;

/** Routes for viewers, who read a room over a WebSocket or as server-sent events. */
export class ViewingRoutes {
  readonly #setup: ViewingSetup;
  readonly #admission: ViewerAdmission;
  readonly #roomRoutes: RoomRoutes;
  /** Connected viewers by credential, which is checked once for all who share it. */
  readonly #credentials = new Map<string, { readonly identity: ViewerIdentity; readonly viewers: Set<Viewer> }>();
  readonly #rejections: Rejections;
  #recheckTimer: Disposable | undefined;

  constructor(setup: ViewingSetup) {
    this.#setup = setup;
    this.#rejections = new Rejections(setup.parts.clock);
    const { rooms, registry, clock } = setup.parts;
    const { access, viewerTokens, limits, wallMs = Date.now } = setup;
    this.#admission = new ViewerAdmission({ rooms, registry, access, viewerTokens: viewerTokens, limits });
    const checkViewerTokens = (): void => void this.#recheck();
    this.#roomRoutes = new RoomRoutes({
      rooms,
      viewerTokens: viewerTokens,
      checkViewerTokens: checkViewerTokens,
      wallMs,
      clock,
    });
  }

  get upgradeRoutes(): readonly UpgradeRoute[] {
    const subprotocolOf = ({ subprotocols }: OpenRequest): string | undefined =>
      subprotocols.includes(VIEW_SUBPROTOCOL) ? VIEW_SUBPROTOCOL : undefined;
    const accept = async (request: OpenRequest): Promise<AcceptedUpgrade> => {
      const admitted = await this.#admit(parseViewingRequest(request, ROOMS_PATH, ''), request);
      const open = (connection: Connection) => this.#open(connection, 'ws', admitted);
      return { kind: 'accept', subprotocol: subprotocolOf(request), open };
    };
    // A page cannot read why an upgrade was refused, and would keep trying.
    const reject = (fault: Fault, request: OpenRequest): AcceptedUpgrade | undefined => {
      const subprotocol = subprotocolOf(request);
      if (subprotocol === undefined) return undefined;
      const last = { frames: [toViewerFault(fault, 0)], status: FAULTS[fault.code].close, reason: fault.code };
      return this.#rejections.accept(fault, subprotocol, () => last);
    };
    return [{ method: 'UPGRADE', path: `${ROOMS_PATH}:room`, scope: 'room', accept, reject }];
  }

  /** The same events as server-sent events. */
  get streamRoutes(): readonly StreamRoute[] {
    const accept = async (request: OpenRequest): Promise<AcceptedStream> => {
      const admitted = await this.#admit(parseViewingRequest(request, ROOMS_PATH, '/events'), request);
      const open = (connection: Connection) => this.#open(connection, 'sse', admitted);
      return { kind: 'accept', headers: STREAM_HEADERS, filler: ':\n\n', open };
    };
    return [{ method: 'GET', path: `${ROOMS_PATH}:room/events`, scope: 'room', accept }];
  }

  /** All other routes of rooms. */
  get httpRoutes(): readonly HttpRoute[] {
    return this.#roomRoutes.routes;
  }

  /** Authorises a viewer of a room. Rejects with faults. */
  async admit({ url, headers }: Pick<OpenRequest, 'url' | 'headers'>, room: string): Promise<ViewerIdentity> {
    const search = url.includes('?') ? url.slice(url.indexOf('?')) : '';
    const asked = parseViewingRequest({ url: `${ROOMS_PATH}${room}${search}`, headers }, ROOMS_PATH, '');
    return this.#admission.admit(asked, { headers, subprotocols: [] });
  }

  /** Authorises the owner of a room. Rejects with faults. */
  async admitOwner({ headers }: Pick<OpenRequest, 'headers'>, room: string): Promise<ClientIdentity> {
    parseViewingRequest({ url: `${ROOMS_PATH}${room}`, headers: {} }, ROOMS_PATH, '');
    return this.#admission.own(room, { headers, subprotocols: [] });
  }

  async #admit(asked: ViewingRequest, request: OpenRequest): Promise<Admitted> {
    const identity = await this.#admission.admit(asked, request);
    this.#admission.checkPlace(asked.room, request.remoteAddress);
    return { asked, identity, address: request.remoteAddress };
  }

  #open(connection: Connection, kind: 'ws' | 'sse', { asked, identity, address }: Admitted): ConnectionHandler {
    const { rooms, clock } = this.#setup.parts;
    const refusalFor = (owner: string): Fault | undefined => findOwnerRefusal(identity, asked.room, owner);
    try {
      // Another key may have started speaking here since the request, and other viewers may have come.
      rooms.checkReader(asked.room, identity.key);
      this.#admission.checkPlace(asked.room, address);
    } catch (error) {
      return this.#rejectViewer(connection, kind, this.#setup.toFault(error));
    }
    const place = this.#admission.count(address);
    const viewer = new Viewer(connection, {
      ...{ kind, asked, clock, refusalFor },
      watch: (watcher) => rooms.subscribe(asked.room, asked, watcher),
      gone: (gone) => {
        place[Symbol.dispose]();
        this.#removeViewer(identity, gone);
      },
    });
    const name = credentialName(identity);
    const sharing = this.#credentials.get(name) ?? { identity, viewers: new Set() };
    this.#credentials.set(name, sharing);
    sharing.viewers.add(viewer);
    this.#scheduleRecheck();
    return viewer;
  }

  #removeViewer(identity: ViewerIdentity, viewer: Viewer): void {
    const sharing = this.#credentials.get(credentialName(identity));
    sharing?.viewers.delete(viewer);
    if (sharing?.viewers.size === 0) this.#credentials.delete(credentialName(identity));
  }

  /** Schedules the next check for keys and tokens that were revoked or have expired. */
  #scheduleRecheck(): void {
    this.#recheckTimer ??= this.#setup.parts.clock.setTimer(LIMITS.viewerTokenEveryMs, () => {
      // The clock handles a rejection.
      return this.#recheck().finally(() => {
        this.#recheckTimer = undefined;
        if (this.#credentials.size > 0) this.#scheduleRecheck();
      });
    });
  }

  /** Disconnects viewers who may no longer read. Never rejects. */
  async #recheck(): Promise<void> {
    for (const [at, { identity, viewers }] of [...this.#credentials.values()].entries()) {
      // Thousands of viewers, each with a token of its own, must not delay the sessions.
      if (at % RECHECKED_AT_ONCE === RECHECKED_AT_ONCE - 1) await new Promise((resolve) => setImmediate(resolve));
      try {
        const fault = this.#admission.recheck(identity);
        if (fault === undefined) continue;
        this.#setup.parts.meter.fault(fault.code);
        for (const viewer of [...viewers]) {
          this.#removeViewer(identity, viewer);
          viewer.sendAway(fault);
        }
      } catch (error) {
        // The operator broke a file; connected viewers stay until it is repaired.
        this.#setup.toFault(error);
      }
    }
  }

  #rejectViewer(connection: Connection, kind: 'ws' | 'sse', fault: Fault): ConnectionHandler {
    const text = toViewerFault(fault, 0);
    connection.send(kind === 'ws' ? text : `data: ${text}\n\n`);
    connection.close(FAULTS[fault.code].close, fault.code);
    return IGNORE_FRAMES;
  }
}

/** Identifies a credential, so that viewers who share it are checked together. */
const credentialName = ({ key, pass, token }: ViewerIdentity): string =>
  pass === undefined ? `${key} ${token?.signer} ${token?.expiresMs}` : `viewer ${pass.id}`;

/** Returns the fault if a viewer may not read a room of `owner`. */
function findOwnerRefusal({ key }: ViewerIdentity, room: string, owner: string): Fault | undefined {
  if (key === undefined || key === owner) return undefined;
  return new Fault('auth.denied', { got: `Room ${room} of another key` });
}
