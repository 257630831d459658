import { computeBackOffMs } from '../../sdk/back-off.ts';
import type { PendingChanges, TranscriptChange } from './pending-changes.ts';

/** Sends one change to the server. Rejects with an error that has the HTTP `status`, if there was a response. */
export type SendChange = (transcript: string, change: TranscriptChange) => Promise<void>;

export interface ChangeSenderOptions {
  readonly sendChange: SendChange;
  pending(): PendingChanges;
  /** Id of the transcript on the server; undefined while there is none. */
  transcript(): string | undefined;
  /** Called when the server refuses changes, once, and with undefined when it has accepted all of them after that. */
  refused(error: unknown): void;
}

/** A change that the server refuses this often is not sent again during this visit. */
const REFUSALS_MAX = 5;
const NOT_FOUND = 404;
/** The stored transcripts have reached the bound that the server was started with. */
const OUT_OF_SPACE = 507;

/**
 * Sends the reader's changes to the server, one after the other, retrying for as long as it takes. A refused change stays pending, and
 * with that in the browser; only one that concerns something unknown to the server is given up.
 */
export class ChangeSender {
  readonly #options: ChangeSenderOptions;
  readonly #refusals = new Map<string, number>();
  /** Changes that were refused too often. */
  readonly #setAside = new Set<string>();
  #isRefusalReported = false;
  #attempt = 0;
  #isSending = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ChangeSenderOptions) {
    this.#options = options;
  }

  /** Sends the changes that are pending. To be called whenever there may be new ones. */
  async send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    clearTimeout(this.#timer);
    try {
      await this.#sendAll();
      this.#attempt = 0;
    } catch {
      // The changes stay pending and are sent in a later round.
      this.#timer = setTimeout(() => void this.send(), 1_000 + computeBackOffMs(++this.#attempt, Math.random()));
    }
    this.#isSending = false;
  }

  /** Stops retrying. */
  close(): void {
    clearTimeout(this.#timer);
  }

  /** Rejects when the server is unreachable, or refuses a change for now. */
  async #sendAll(): Promise<void> {
    for (;;) {
      const transcript = this.#options.transcript();
      const pending = this.#options.pending();
      const name = pending.unsent.find((each) => !this.#setAside.has(each));
      if (transcript === undefined) return;
      if (name === undefined) return this.#report(undefined);
      const change = pending.toChange(name);
      try {
        if (change !== undefined) await this.#options.sendChange(transcript, change);
      } catch (error) {
        if (!this.#isGivenUp(name, error)) continue;
      }
      pending.confirm(name, change);
    }
  }

  /** Handles a change that could not be sent. Returns false when the change was set aside, and throws when it is to be sent again later. */
  #isGivenUp(name: string, error: unknown): boolean {
    const { status } = error as { status?: unknown };
    if (typeof status !== 'number') throw error;
    const isUnknown = status === NOT_FOUND;
    if (!isUnknown && (status < 500 || status === OUT_OF_SPACE)) this.#report(error);
    const refusals = (this.#refusals.get(name) ?? 0) + 1;
    if (status >= 500 || refusals < REFUSALS_MAX) {
      this.#refusals.set(name, refusals);
      throw error;
    }
    if (!isUnknown) this.#setAside.add(name);
    return isUnknown;
  }

  #report(error: unknown): void {
    if (error === undefined && this.#setAside.size > 0) return;
    if ((error !== undefined) === this.#isRefusalReported) return;
    this.#isRefusalReported = error !== undefined;
    this.#options.refused(error);
  }
}
