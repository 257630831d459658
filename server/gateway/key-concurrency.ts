import { Fault } from '../../protocol/index.ts';

/** Requests of one key that are worked on at once, or whose answers are being read. */
const AT_ONCE = 4;
/** Requests of one key that wait for their turn; more are refused. */
const WAITING_MAX = 64;

interface Turns {
  taken: number;
  readonly waiting: (() => void)[];
}

/** A turn that is given back once, however often. */
export type Release = () => void;

/** Turns at what all keys share, so that none has it to itself: a few of each key at a time, the others in their order. */
export class KeyConcurrency {
  readonly #ofKeys = new Map<string, Turns>();

  /**
   * Resolves when it is the request's turn, to what gives that back; to undefined when its client has left meanwhile.
   * Throws `transcript.busy` when too many of the key wait already.
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
