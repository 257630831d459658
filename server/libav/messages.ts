import type { DecodedPiece } from './reader.ts';

/** What a stream of the decoding thread reads from. */
export type Source =
  /** A file on this machine. */
  | { readonly kind: 'path'; readonly path: string }
  /** A recording that is fed as a whole before `end`, bytes. */
  | { readonly kind: 'memory'; readonly size: number }
  /** A recording that is decoded while it is fed. */
  | { readonly kind: 'live' }
  /** Bare Opus packets, one in each `feed`; a container in their place is found. */
  | { readonly kind: 'packets'; readonly sampleRate: number; readonly channels: number };

/** To the thread. Each `feed`, `read` and `end` has one answer. */
export type ToThread =
  | { readonly kind: 'open'; readonly source: Source; readonly stream: number }
  | { readonly kind: 'feed'; readonly bytes: Uint8Array }
  | { readonly kind: 'read' }
  | { readonly kind: 'end' }
  | { readonly kind: 'close' };

export interface DecodedStep {
  readonly piece: DecodedPiece | undefined;
  /** Whether `read` may yield more before anything else is fed. */
  readonly hasMore: boolean;
  /** Parts that could not be decoded, so far. */
  readonly damaged: number;
  /** Length by the headers, ms; undefined when they do not say. */
  readonly durationMs: number | undefined;
}

export type FromThread =
  | ({ readonly kind: 'step'; readonly stream: number } & DecodedStep)
  | { readonly kind: 'failed'; readonly stream: number; readonly problem: string };

/** What the thread is started with: how messages reach it while it waits in the middle of libav. */
export interface ThreadData {
  readonly port: import('node:worker_threads').MessagePort;
  /** Counts messages; the thread sleeps on it. */
  readonly signal: Int32Array;
}
