import { Fault } from '../../protocol/index.ts';
import type { LiveSession } from '../flow/live-session.ts';
import type { Rooms } from '../flow/rooms.ts';
import type { SessionRegistry } from '../flow/session-registry.ts';
import type { Authenticator, ClientIdentity, TokenDetails } from '../ports/authenticator.ts';
import type { OpenRequest } from '../ports/transport.ts';
import type { ViewerToken, ViewerTokens } from '../ports/viewer-tokens.ts';
import { readCredential } from './credential.ts';
import type { ViewingRequest } from './viewing-request.ts';

export interface ViewerLimits {
  readonly viewersMax: number;
  readonly viewersPerRoomMax: number;
  readonly viewersPerAddressMax: number;
}

export interface ViewerAdmissionSetup {
  readonly rooms: Rooms;
  readonly registry: SessionRegistry<LiveSession>;
  readonly access: Authenticator;
  readonly viewerTokens: ViewerTokens | undefined;
  readonly limits: ViewerLimits;
}

/** The identity of a viewer. */
export interface ViewerIdentity {
  /** Public id of the key whose rooms it may read; undefined allows those of every key, with a token that the operator made. */
  readonly key: string | undefined;
  /** The viewer token that it presented. */
  readonly pass: ViewerToken | undefined;
  /** Set if it presented a token made with a key. */
  readonly token: TokenDetails | undefined;
}

/** Decides who may read a room, and who may manage its viewers. */
export class ViewerAdmission {
  readonly #setup: ViewerAdmissionSetup;
  readonly #byAddress = new Map<string, number>();

  constructor(setup: ViewerAdmissionSetup) {
    this.#setup = setup;
  }

  /**
   * Authorises a viewer with a viewer token of the room, or a key or token with the scope `viewers`. Rejects with `auth.*` and
   * `viewer.revoked`. The room may change hands after that, so its owner is checked again before anything is read.
   */
  async admit(
    { room, token }: ViewingRequest,
    request: Pick<OpenRequest, 'headers' | 'subprotocols'>,
  ): Promise<ViewerIdentity> {
    const { access, viewerTokens, rooms } = this.#setup;
    const credential = readCredential(request);
    const shown = credential ?? token;
    const pass = shown === undefined ? undefined : viewerTokens?.verify(shown);
    if (pass !== undefined) {
      if (pass.room !== room) throw new Fault('auth.denied', { got: `A token of another room than ${room}` });
      const fault = this.#makerFault(pass);
      if (fault !== undefined) throw fault;
      rooms.checkReader(room, pass.key);
      return { key: pass.key, pass, token: undefined };
    }
    // A key in a URL would end up in logs and histories.
    if (access.needsKey && credential === undefined && token !== undefined) throw new Fault('auth.invalid', {});
    const { key, token: details } = await access.authenticate(credential, 'viewers');
    rooms.checkReader(room, key);
    return { key, pass: undefined, token: details };
  }

  /** Returns the fault with which a viewer must be disconnected; undefined while it may stay. Throws errors for the operator. */
  recheck({ key, pass, token }: ViewerIdentity): Fault | undefined {
    const { access, viewerTokens } = this.#setup;
    if (pass !== undefined) {
      const state = viewerTokens?.getState(pass.id);
      if (state !== 'good') return new Fault(state === 'expired' ? 'auth.expired' : 'viewer.revoked', {});
      return this.#makerFault(pass);
    }
    const code = access.needsKey ? access.findRefusal({ key: key ?? '', ...token }, 'viewers') : undefined;
    return code === undefined ? undefined : faultOf(code);
  }

  /**
   * Authorises the owner of a room: with a key or token with the scope `viewers`, or with the secret of the session that the room
   * is named after, which allows what the session's own key or token allows.
   */
  async own(room: string, request: Pick<OpenRequest, 'headers' | 'subprotocols'>): Promise<ClientIdentity> {
    const { access, registry, rooms } = this.#setup;
    const credential = readCredential(request);
    const session = registry.find(room);
    if (session !== undefined && credential !== undefined && session.acceptsSecret(credential)) {
      const { identity } = session;
      if (!identity.scopes.includes('viewers'))
        throw new Fault('auth.scope', { what: identity.token === undefined ? 'key' : 'token', scope: 'viewers' });
      const fault = access.needsKey
        ? access.findRefusal({ key: identity.key, ...identity.token }, 'viewers')
        : undefined;
      if (fault !== undefined) throw faultOf(fault);
      return identity;
    }
    const identity = await access.authenticate(credential, 'viewers');
    rooms.checkSpeaker(room, identity.key);
    return identity;
  }

  /** A viewer token is valid only as long as the key that made it. */
  #makerFault({ key, signer }: ViewerToken): Fault | undefined {
    const { access } = this.#setup;
    if (key === undefined || !access.needsKey) return undefined;
    const code = access.findRefusal({ key, ...(signer === undefined ? {} : { signer }) }, 'viewers');
    if (code === undefined) return undefined;
    return code === 'auth.expired' ? new Fault('auth.expired', {}) : new Fault('viewer.revoked', {});
  }

  /** Checks the limits on viewers. Throws `viewer.full`. */
  checkPlace(room: string, address: string): void {
    const { rooms, limits } = this.#setup;
    const check = (count: number, most: number, what: string): void => {
      if (count >= most) throw new Fault('viewer.full', { count, what });
    };
    check(rooms.viewers, limits.viewersMax, 'viewers on this server');
    check(rooms.find(room)?.viewers ?? 0, limits.viewersPerRoomMax, 'viewers in this room');
    check(this.#byAddress.get(address) ?? 0, limits.viewersPerAddressMax, 'viewers at this address');
  }

  /** Counts a viewer of an address until the result is disposed of. */
  count(address: string): Disposable {
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    let counted = true;
    return {
      [Symbol.dispose]: () => {
        if (!counted) return;
        counted = false;
        const left = this.#byAddress.get(address)! - 1;
        if (left === 0) this.#byAddress.delete(address);
        else this.#byAddress.set(address, left);
      },
    };
  }
}

const faultOf = (code: 'auth.invalid' | 'auth.expired' | 'auth.scope'): Fault =>
  code === 'auth.scope' ? new Fault(code, { what: 'key', scope: 'viewers' }) : new Fault(code, {});
