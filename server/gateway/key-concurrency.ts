import { Fault } from '../../protocol/index.ts';

/** Requests of one key that are handled at once, including those whose responses are still being read. */
const AT_ONCE = 4;
/** Requests of one key that may wait; more are refused. */
const WAITING_MAX = 64;

interface Turns {
  taken: number;
  readonly waiting: (() => void)[];
}

/** Ends a request's turn. Safe to call twice. */
export type Release = () => void;

/** Limits concurrent requests of each key, so that no key uses a shared resource alone. Further requests wait in order. */
export class KeyConcurrency {
  readonly #ofKeys = new Map<string, Turns>();

  /**
   * Waits for the request's turn. Resolves with a function that ends the turn, or with undefined when the client has
   * disconnected meanwhile. Rejects with `transcript.busy` when too many requests of the key are waiting.
   */
  async take(key: string, signal: AbortSignal): Promise<Release | undefined> {
    const turns = this.#ofKeys.get(key) ?? { taken: 0, waiting: [] };
    this.#ofKeys.set(key, turns);
    if (turns.taken >= AT_ONCE) {
      if (turns.waiting.length >= WAITING_MAX) throw new Fault('transcript.busy', {});
      await new Promise<void>((resolve) => turns.waiting.push(resolve));
    } else turns.taken++;
    let isGivenBack = false;
    const giveBack = (): void => {
      if (isGivenBack) return;
      isGivenBack = true;
      this.#next(key, turns);
    };
    if (!signal.aborted) return giveBack;
    giveBack();
    return undefined;
  }

  #next(key: string, turns: Turns): void {
    const next = turns.waiting.shift();
    if (next !== undefined) return next();
    turns.taken--;
    if (turns.taken === 0) this.#ofKeys.delete(key);
  }
}
