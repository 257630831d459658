import type { IncomingMessage } from 'node:http';
import { cutOffConnection } from './cut-off-connection.ts';

/** Chunks of a body per turn of the event loop that cost no more than the read that brought them. */
const TURN_CHUNKS_FREE = 16;
/** Further chunks allowed over the whole body. Node spends some microseconds on each, however small. */
const CHUNKS_MAX = 4_096;
/** The same when nobody reads the body any more. */
const UNREAD_CHUNKS_MAX = 256;
/** Average chunk size below which there are too many, bytes. No browser or client sends so little at once. */
const CHUNK_BYTES_MIN = 32;

/**
 * The body of a request, read once per turn of the event loop: everything that has arrived by then becomes one piece. A
 * client may send each byte as a chunk of its own. Node keeps reading for as long as its chunks are taken at once, and
 * each of them would pass through all the streams behind this one. A body of too many chunks that are too small ends
 * its connection, whether it is read or not.
 */
export class RequestBody {
  /** Fails when the client leaves before the end of its body. */
  readonly stream: ReadableStream<Uint8Array>;
  readonly #request: IncomingMessage;
  /** Whether the stream has ended, failed or been cancelled. */
  #isOver = false;
  #isDiscarded = false;
  #isScheduled = false;
  #isCut = false;
  #turnChunks = 0;
  /** Counts only the chunks beyond the free ones of their turn. */
  #chunks = 0;
  #chunkBytes = 0;
  #wake = (): void => {};

  constructor(request: IncomingMessage) {
    this.#request = request;
    this.#limitChunks();
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          request.once('end', () => this.#finish(() => controller.close()));
          // 'close' always follows 'error', and comes alone when the client just leaves.
          request.on('error', () => {});
          request.once('close', () => this.#finish(() => controller.error(new Error('the client went away'))));
        },
        pull: (controller) => this.#pull(controller),
        cancel: () => this.discard(),
      },
      { highWaterMark: 0 },
    );
    // From here on this class reads the body; Node takes everything of a body without listeners.
    request.on('readable', () => this.#schedule());
  }

  /** Discards the rest of the body, so that it takes neither the connection nor the response with it. */
  discard(): void {
    this.#isDiscarded = true;
    this.#finish(() => {});
    this.#schedule();
  }

  /**
   * Hooks into where Node hands over parsed chunks, even of a body that nobody reads, and after the response was sent.
   */
  #limitChunks(): void {
    const request = this.#request;
    const push = request.push.bind(request);
    request.push = (chunk: Uint8Array | null, encoding) => {
      if (chunk === null) return push(null);
      if (!this.#isCut && this.#isTooMany(chunk.byteLength)) {
        this.#isCut = true;
        cutOffConnection(request.socket);
      }
      return this.#isCut ? false : push(chunk, encoding);
    };
  }

  #isTooMany(bytes: number): boolean {
    if (this.#turnChunks++ === 0)
      setImmediate(() => {
        this.#turnChunks = 0;
      });
    if (this.#turnChunks <= TURN_CHUNKS_FREE) return false;
    this.#chunks++;
    this.#chunkBytes += bytes;
    const max = this.#isDiscarded ? UNREAD_CHUNKS_MAX : CHUNKS_MAX;
    return this.#chunks > max && this.#chunkBytes < this.#chunks * CHUNK_BYTES_MIN;
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#schedule();
    while (!this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const piece: Uint8Array | null = this.#isOver ? null : this.#request.read();
      if (piece !== null) return controller.enqueue(piece);
    }
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#wake();
      if (this.#isDiscarded) this.#request.read();
    });
  }

  #finish(notify: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    notify();
    this.#wake();
  }
}
