import { computeBackoffMs } from '../../sdk/backoff.ts';
import type { Delivery, PendingChanges } from './pending-changes.ts';

/** Sends one change to the server. Rejects with an error that has the HTTP `status`, if there was a response. */
export type DeliverChange = (transcript: string, parcel: Delivery) => Promise<void>;

/** A change that the server refuses this often is given up: what it concerns does not exist there, or is not as this page believes. */
const REFUSALS_MAX = 5;

/** Sends the reader's changes to the server, one after the other, retrying for as long as it takes. */
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

  /** Sends the changes that are pending. To be called whenever there may be new ones. */
  async go(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    clearTimeout(this.#timer);
    try {
      await this.#round();
      this.#attempt = 0;
    } catch {
      // Unreachable: the changes stay pending and are sent in a later round.
      this.#timer = setTimeout(() => void this.go(), 1_000 + computeBackoffMs(++this.#attempt, Math.random()));
    }
    this.#busy = false;
  }

  /** Stops retrying. */
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
