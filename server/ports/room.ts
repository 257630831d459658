import type { Fault, ViewerEvent } from '../../protocol/index.ts';

/** An event of a room, made once for all who watch. */
export interface RoomEvent {
  readonly cursor: number;
  readonly body: ViewerEvent;
  /** As JSON, with the words of a final or without; written at the first call. */
  json(words: 'with' | 'without'): string;
  /** What a transport made of it for all viewers of one kind; made by `pack` at the first call for `kind`. */
  packed(kind: string, pack: () => string | Uint8Array): string | Uint8Array;
}

/** Where a viewer's events go. Nothing ever waits for it. */
export interface RoomSubscriber {
  /** Bytes accepted and not yet handed to the kernel; 0 for who takes everything at once. */
  queuedBytes(): number;
  send(event: RoomEvent): void;
  /** Why it may not watch a room that is `owner`'s (the public id of a key) from now on; undefined when it may. */
  refusalFor(owner: string): Fault | undefined;
  /** The last call: the room wants it no longer. */
  cut(fault: Fault): void;
}

/** What a viewer asks for. */
export interface RoomSubscription {
  /** Where to begin: with what is said from now on, with all that is kept, or behind a cursor. */
  readonly from: 'now' | 'start' | number;
  /** Language of the translations it wants. */
  readonly translate?: string | undefined;
}
