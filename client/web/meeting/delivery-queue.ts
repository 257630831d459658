import { computeBackoffMs } from '../../sdk/backoff.ts';
import type { Delivery, PendingChanges } from './pending-changes.ts';

/** Brings one parcel to the server; rejects with a status where there is one. */
export type DeliverChange = (transcript: string, parcel: Delivery) => Promise<void>;

/** What the server refuses so often is let go: it is not there, or not as this page believes. */
const REFUSALS_MAX = 5;

/** Carries what the reader did to the server, one after the other, for as long as it takes. */
export class DeliveryQueue {
  readonly #deliver: DeliverChange;
  readonly #outgoing: () => PendingChanges;
  readonly #transcript: () => string | undefined;
  readonly #refusals = new Map<string, number>();
  #attempt = 0;
  #busy = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(deliver: DeliverChange, outgoing: () => PendingChanges, transcript: () => string | undefined) {
    this.#deliver = deliver;
    this.#outgoing = outgoing;
    this.#transcript = transcript;
  }

  /** Something may have been done; sends what is not yet known. */
  async go(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    clearTimeout(this.#timer);
    try {
      await this.#round();
      this.#attempt = 0;
    } catch {
      // Out of reach: the next round comes later, and everything is still in the list.
      this.#timer = setTimeout(() => void this.go(), 1_000 + computeBackoffMs(++this.#attempt, Math.random()));
    }
    this.#busy = false;
  }

  /** Sends nothing more by itself. */
  close(): void {
    clearTimeout(this.#timer);
  }

  async #round(): Promise<void> {
    for (;;) {
      const transcript = this.#transcript();
      const outgoing = this.#outgoing();
      const [name] = outgoing.unsent;
      if (transcript === undefined || name === undefined) return;
      const parcel = outgoing.parcel(name);
      try {
        if (parcel !== undefined) await this.#deliver(transcript, parcel);
      } catch (error) {
        const refusals = (this.#refusals.get(name) ?? 0) + 1;
        const { status } = error as { status?: unknown };
        if (typeof status !== 'number' || status >= 500 || refusals < REFUSALS_MAX) {
          if (typeof status === 'number') this.#refusals.set(name, refusals);
          throw error;
        }
      }
      outgoing.sent(name, parcel);
    }
  }
}
