import type { TranscriptBounds, TranscriptCalls } from '../ports/transcripts.ts';

/** What the thread is started with. */
export interface ThreadSetup {
  /** The folder of the file; it exists, and this process holds its lock. */
  readonly folder: string;
  readonly sync: 'always' | 'never';
  readonly bounds: TranscriptBounds;
}

export type CallName = keyof TranscriptCalls;

export type ToThread =
  | { readonly kind: 'call'; readonly id: number; readonly call: CallName; readonly args: readonly unknown[] }
  | { readonly kind: 'close' };

export type FromThread =
  /** `broken` is the new name of a file that was set aside. */
  | { readonly kind: 'open'; readonly broken: string | undefined }
  | { readonly kind: 'storage-unavailable'; readonly reason: string }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: WireError }
  /** What was deleted is hidden, but still in the file; erasing it will be tried again. */
  | { readonly kind: 'not-erased'; readonly error: WireError }
  | { readonly kind: 'closed' };

/** An error in transit between threads, where it would otherwise lose its code. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
  readonly stack: string | undefined;
}

export function serializeError(error: unknown): WireError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), code: undefined, stack: undefined };
  const { name, message, code, stack } = error as NodeJS.ErrnoException;
  return { name, message, code, stack };
}

export function deserializeError({ name, message, code, stack }: WireError): Error {
  return Object.assign(new Error(message), { name, stack, ...(code === undefined ? {} : { code }) });
}
