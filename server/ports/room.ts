import type { Fault, ViewerEvent } from '../../protocol/index.ts';

/** An event of a room, created once for all subscribers. */
export interface RoomEvent {
  readonly cursor: number;
  readonly body: ViewerEvent;
  /** JSON with or without the words of a final; serialised at the first call. */
  toJson(words: 'with' | 'without'): string;
  /** What a transport encoded for all viewers of one kind; `encode` runs at the first call for `kind`. */
  getEncoded(kind: string, encode: () => string | Uint8Array): string | Uint8Array;
}

/** Receives a viewer's events. Nothing ever waits for it. */
export interface RoomSubscriber {
  /** Bytes accepted and not yet handed to the kernel; 0 if it takes everything at once. */
  queuedBytes(): number;
  send(event: RoomEvent): void;
  /** Why it may no longer watch a room owned by `owner` (the public id of a key); undefined when it may. */
  findRefusal(owner: string): Fault | undefined;
  /** The last call: the room has dropped this subscriber. */
  disconnect(fault: Fault): void;
}

/** A viewer's request. */
export interface RoomSubscription {
  /** Where to begin: with new events, with everything that is kept, or after a cursor. */
  readonly from: 'now' | 'start' | number;
  /** Language of the translations it requests. */
  readonly translate?: string | undefined;
}

/** A viewer's place in a room, until it is disposed of. */
export interface ActiveSubscription extends Disposable {
  /** Must be called when the subscriber's queue has drained: the room then sends it what it held back. */
  drained(): void;
}
