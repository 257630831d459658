import { LIMITS } from '../../protocol/index.ts';

/** Tells when a connection's queue of bytes has drained after it was too long. */
export class Backpressure {
  #wasAboveLow = false;

  /** Must be called after each send, with the bytes that are then queued. */
  update(queuedBytes: number): void {
    if (queuedBytes > LIMITS.queuedBytesLow) this.#wasAboveLow = true;
  }

  /** Whether the queue was too long and no longer is; true once each time. To be called when bytes have been written. */
  hasDrained(queuedBytes: number): boolean {
    if (!this.#wasAboveLow || queuedBytes > LIMITS.queuedBytesLow) return false;
    this.#wasAboveLow = false;
    return true;
  }
}
