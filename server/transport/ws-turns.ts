import type { WebSocket } from 'ws';

/** Frames of one socket that are read per turn of the event loop. */
const FRAMES_PER_TURN = 16;

interface Receiver {
  _allowSynchronousEvents: boolean;
}

/**
 * Gives other work a turn between a socket's frames: one read of a socket holds ten thousand of the smallest.
 *
 * `ws` hands over either all frames of a read at once or one frame per turn, which is slow: hundreds of sockets that
 * sent much and left would keep their places for seconds. Its receiver checks the switch between the two for each
 * frame, and this class flips it every few frames. The switch is not public; where it is missing, `ws` stays at one
 * frame per turn.
 */
export class FrameTurns {
  readonly #receiver: Receiver | undefined;
  #framesLeft = 0;

  constructor(socket: WebSocket) {
    const receiver = (socket as unknown as { readonly _receiver?: Partial<Receiver> })._receiver;
    if (typeof receiver?._allowSynchronousEvents === 'boolean') this.#receiver = receiver as Receiver;
  }

  /** Must be called for each frame of any kind. */
  count(): void {
    if (this.#receiver === undefined) return;
    // The frame after the last of a turn waits for the next turn, where counting starts again.
    if (this.#framesLeft <= 0) this.#framesLeft = FRAMES_PER_TURN;
    this.#framesLeft--;
    this.#receiver._allowSynchronousEvents = this.#framesLeft > 0;
  }
}
