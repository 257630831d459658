import type { IncomingMessage } from 'node:http';
import { cutOffConnection } from './cut-off-connection.ts';

/** Chunks of a body in one turn of the event loop that come at the price of the read that brought them. */
const TURN_CHUNKS_FREE = 16;
/** More than that in a turn, over the whole body. Node takes some microseconds over each, however small it is. */
const CHUNKS_MAX = 4_096;
/** The same when nobody reads the body any more. */
const UNREAD_CHUNKS_MAX = 256;
/** Bytes of a chunk, on average, below which they are too many. No browser or client sends so little at once. */
const CHUNK_BYTES_MIN = 32;

/**
 * The body of a request, read once in a turn of the event loop: all that has arrived by then, as one piece. A client may
 * send each byte as a chunk of its own. Node reads on for as long as its chunks are taken at once, and each of them would
 * take its way through all the streams behind this one. A body of too many chunks that are too small ends its connection,
 * whether it is read or not.
 */
export class RequestBody {
  /** Fails when the client goes away before the end of its body. */
  readonly stream: ReadableStream<Uint8Array>;
  readonly #request: IncomingMessage;
  /** Whether the stream has ended, failed or been cancelled. */
  #isOver = false;
  #isLetPass = false;
  #isPlanned = false;
  #isCut = false;
  #turnChunks = 0;
  /** Of the chunks that were too many for their turn. */
  #chunks = 0;
  #chunkBytes = 0;
  #wake = (): void => {};

  constructor(request: IncomingMessage) {
    this.#request = request;
    this.#watch();
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          request.once('end', () => this.#finish(() => controller.close()));
          // 'close' always follows 'error', and comes alone when the client just leaves.
          request.on('error', () => {});
          request.once('close', () => this.#finish(() => controller.error(new Error('the client went away'))));
        },
        pull: (controller) => this.#pull(controller),
        cancel: () => this.letPass(),
      },
      { highWaterMark: 0 },
    );
    // From now on the body is read here; Node takes all that comes of one that nobody listens to.
    request.on('readable', () => this.#plan());
  }

  /** Nobody reads on. What still comes is dropped, so that it takes neither the connection nor the answer with it. */
  letPass(): void {
    this.#isLetPass = true;
    this.#finish(() => {});
    this.#plan();
  }

  /** Where Node hands over what it has parsed: also of a body that nobody reads, and when the answer is out. */
  #watch(): void {
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
    const most = this.#isLetPass ? UNREAD_CHUNKS_MAX : CHUNKS_MAX;
    return this.#chunks > most && this.#chunkBytes < this.#chunks * CHUNK_BYTES_MIN;
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#plan();
    while (!this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const piece: Uint8Array | null = this.#isOver ? null : this.#request.read();
      if (piece !== null) return controller.enqueue(piece);
    }
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      this.#wake();
      if (this.#isLetPass) this.#request.read();
    });
  }

  #finish(tell: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    tell();
    this.#wake();
  }
}
