import type { Caption } from '../../../transcript/caption-assembler.ts';

/** Where captions go. */
export interface Outlet {
  readonly name: string;
  take(caption: Caption): void;
  /** Delivers what waits, for at most `graceMs`, and ends. */
  finish(graceMs: number): Promise<void>;
  /** Resolves when it cannot go on, with why; never before that. */
  readonly over: Promise<string>;
}

/** What became of one delivery. */
export type DeliveryResult =
  | { readonly kind: 'sent' }
  /** The other side is not there, or not now: the same is tried again. */
  | { readonly kind: 'later'; readonly text: string; readonly afterMs?: number | undefined }
  /** The other side does not want this one; the next is tried. */
  | { readonly kind: 'refused'; readonly text: string }
  /** The other side will never want any. */
  | { readonly kind: 'over'; readonly text: string };

export interface Clock {
  nowMs(): number;
  after(ms: number, run: () => void): Disposable;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/** Says something to the user, on a line of its own. */
export type PrintMessage = (text: string) => void;
