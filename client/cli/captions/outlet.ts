import type { Caption } from '../../../transcript/caption-assembler.ts';

/** A program or service that receives captions. */
export interface Outlet {
  readonly name: string;
  take(caption: Caption): void;
  /** Delivers the remaining captions, for at most `graceMs`, and ends. */
  finish(graceMs: number): Promise<void>;
  /** Resolves with the reason when the outlet cannot continue. */
  readonly failed: Promise<string>;
}

/** Result of one delivery. */
export type DeliveryResult =
  | { readonly kind: 'sent' }
  /** The receiver is unreachable or busy: the same block is sent again. */
  | { readonly kind: 'retry'; readonly text: string; readonly afterMs?: number | undefined }
  /** The receiver refused this block; the next one is sent. */
  | { readonly kind: 'refused'; readonly text: string }
  /** The receiver will never accept any block. */
  | { readonly kind: 'failed'; readonly text: string };

export interface Clock {
  nowMs(): number;
  setTimer(ms: number, run: () => void): Disposable;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  setTimer: (ms, run) => {
    const timer = setTimeout(run, ms);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/** Prints a message for the user on a line of its own. */
export type PrintMessage = (text: string) => void;
