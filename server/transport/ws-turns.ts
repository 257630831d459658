import type { WebSocket } from 'ws';

/** Frames of one socket that are read in one turn of the event loop. */
const FRAMES_PER_TURN = 16;

interface Receiver {
  _allowSynchronousEvents: boolean;
}

/**
 * Lets others have their turn between a socket's frames: one read of a socket holds ten thousand of the smallest.
 *
 * `ws` hands over either all frames of a read at once or one frame a turn, which is slow: hundreds of sockets that sent much
 * and left would hold their places for seconds. The switch between the two, which its receiver looks at for each frame, is
 * flipped here every few frames. It is no public part of `ws`; where it is missing, it stays at one frame a turn.
 */
export class FrameTurns {
  readonly #receiver: Receiver | undefined;
  #left = 0;

  constructor(socket: WebSocket) {
    const receiver = (socket as unknown as { readonly _receiver?: Partial<Receiver> })._receiver;
    if (typeof receiver?._allowSynchronousEvents === 'boolean') this.#receiver = receiver as Receiver;
  }

  /** To be called of each frame, whatever it is. */
  count(): void {
    if (this.#receiver === undefined) return;
    // The frame after the last of a turn waits for the next, and begins to count anew.
    if (this.#left <= 0) this.#left = FRAMES_PER_TURN;
    this.#left--;
    this.#receiver._allowSynchronousEvents = this.#left > 0;
  }
}
