import { Fault } from '../../protocol/index.ts';
import type { SessionParts } from '../flow/live-session.ts';
import type { ClientIdentity } from '../ports/authenticator.ts';

export interface SessionLimits {
  readonly sessionsMax: number;
  /** Whether sessions are also refused when the measured load would delay the others. */
  readonly measured: boolean;
  /** Live sessions that one key, and one address, may have. */
  readonly sessionsPerKeyMax: number;
  readonly sessionsPerAddressMax: number;
}

/** Decides whether one more session may start. */
export class SessionCapacity {
  readonly #parts: Pick<SessionParts, 'registry' | 'scheduler'>;
  readonly #limits: SessionLimits;
  #isDraining = false;

  constructor(parts: Pick<SessionParts, 'registry' | 'scheduler'>, limits: SessionLimits) {
    this.#parts = parts;
    this.#limits = limits;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Refuses new sessions from now on. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Throws `server.draining`, `server.full` or `auth.sessions` when the client may not start a session now. */
  check(client: ClientIdentity, address: string): void {
    const { registry, scheduler } = this.#parts;
    const { sessionsMax, measured, sessionsPerKeyMax, sessionsPerAddressMax } = this.#limits;
    if (this.#isDraining) throw new Fault('server.draining', {});
    if (registry.size >= sessionsMax) throw new Fault('server.full', { live: registry.size, limit: sessionsMax });
    if (measured && scheduler.mustRefuse(registry.size)) throw new Fault('server.full', { live: registry.size });
    const { ofKey, ofAddress } = registry.countLive(client.key, address);
    const keyMax = Math.min(client.sessionsMax ?? sessionsPerKeyMax, sessionsPerKeyMax);
    if (client.key !== '' && ofKey >= keyMax)
      throw new Fault('auth.sessions', { live: ofKey, limit: keyMax, of: 'key' });
    if (ofAddress >= sessionsPerAddressMax)
      throw new Fault('auth.sessions', { live: ofAddress, limit: sessionsPerAddressMax, of: 'address' });
  }
}
