import type { IncomingMessage } from 'node:http';

/**
 * The body of a request, read once in a turn of the event loop: all that has arrived by then, as one piece. A client may
 * send each byte as a chunk of its own. Node reads on for as long as its chunks are taken at once, and each of them would
 * take its way through all the streams behind this one.
 */
export class RequestBody {
  /** Fails when the client goes away before the end of its body. */
  readonly stream: ReadableStream<Uint8Array>;
  readonly #request: IncomingMessage;
  /** Whether the stream has ended, failed or been cancelled. */
  #isOver = false;
  #isLetPass = false;
  #isPlanned = false;
  #wake = (): void => {};

  constructor(request: IncomingMessage) {
    this.#request = request;
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
