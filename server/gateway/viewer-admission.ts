import { Fault } from '../../protocol/index.ts';
import type { LiveSession } from '../flow/live-session.ts';
import type { Registry } from '../flow/registry.ts';
import type { Rooms } from '../flow/rooms.ts';
import type { Access } from '../ports/access.ts';
import type { OpenRequest } from '../ports/transport.ts';
import type { Pass, Passes } from '../ports/viewers.ts';
import { credentialOf } from './credential.ts';
import type { Asked } from './viewing-request.ts';

export interface ViewerLimits {
  readonly viewersMax: number;
  readonly viewersPerRoomMax: number;
  readonly viewersPerAddressMax: number;
}

export interface ViewerAdmissionSetup {
  readonly rooms: Rooms;
  readonly registry: Registry<LiveSession>;
  readonly access: Access;
  readonly passes: Passes | undefined;
  readonly limits: ViewerLimits;
}

/** Tells who may watch a room, and who may say who may. */
export class ViewerAdmission {
  readonly #setup: ViewerAdmissionSetup;
  readonly #byAddress = new Map<string, number>();

  constructor(setup: ViewerAdmissionSetup) {
    this.#setup = setup;
  }

  /** The pass it comes with, if any. Rejects with `auth.*` and `viewer.revoked`. */
  async admit(
    { room, token }: Asked,
    request: Pick<OpenRequest, 'headers' | 'subprotocols'>,
  ): Promise<Pass | undefined> {
    const { access, passes, rooms } = this.#setup;
    const credential = credentialOf(request);
    const shown = credential ?? token;
    const pass = shown === undefined ? undefined : passes?.find(shown);
    if (pass !== undefined) {
      if (pass.room !== room) throw new Fault('auth.denied', { got: `A token of another room than ${room}` });
      rooms.check(room, pass.key);
      return pass;
    }
    // A key in a URL would end in logs and histories.
    if (access.needsKey && credential === undefined && token !== undefined) throw new Fault('auth.invalid', {});
    const { key } = await access.admit(credential, 'stream');
    rooms.check(room, key);
    return undefined;
  }

  /** Whose room it is to the caller: a key that may speak there, or who holds the secret of its session. */
  async own(room: string, request: Pick<OpenRequest, 'headers' | 'subprotocols'>): Promise<{ readonly key: string }> {
    const { access, registry, rooms } = this.#setup;
    const credential = credentialOf(request);
    const session = registry.find(room);
    if (session !== undefined && credential !== undefined && session.isProvedBy(credential)) return session;
    const { key } = await access.admit(credential, 'stream');
    rooms.check(room, key);
    return { key };
  }

  /** Throws `viewer.full`. */
  checkPlace(room: string, address: string): void {
    const { rooms, limits } = this.#setup;
    const check = (count: number, most: number, what: string): void => {
      if (count >= most) throw new Fault('viewer.full', { count, what });
    };
    check(rooms.viewers, limits.viewersMax, 'viewers on this server');
    check(rooms.find(room)?.viewers ?? 0, limits.viewersPerRoomMax, 'viewers in this room');
    check(this.#byAddress.get(address) ?? 0, limits.viewersPerAddressMax, 'viewers at this address');
  }

  /** Counts one at an address until the result is disposed of. */
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
