import { randomUUID } from 'node:crypto';
import type { ReportBug } from '../ports/bug.ts';
import type { Connection, StreamDecision } from '../ports/transport.ts';
import { Backpressure } from './backpressure.ts';
import { ConnectionGuard } from './guard.ts';
import type { HttpResponse } from './uws-library.ts';

/** A streamed response, until either side ends it. */
export class UwsStream implements Connection {
  readonly id = randomUUID();
  readonly #response: HttpResponse;
  readonly #guard: ConnectionGuard;
  readonly #backpressure = new Backpressure();
  #onEnd = (): void => {};
  #filler = '';
  /** After `ended` the library's response must not be touched. */
  #state: 'open' | 'closing' | 'ended' = 'open';
  /**
   * The library does not report what it holds: this counts all bytes given to it since it first could not send them.
   */
  #queuedBytes = 0;

  constructor(response: HttpResponse, reportBug: ReportBug) {
    this.#response = response;
    this.#guard = ConnectionGuard.forConnection(this, reportBug);
    response.onWritable(() => {
      this.#guard.run(() => {
        // The library only sends what it holds with the next write, and reports nothing else about it.
        if (this.#state !== 'open' || !response.write(this.#filler)) return;
        this.#queuedBytes = 0;
        if (this.#backpressure.hasDrained(0)) this.#guard.drained();
      });
      return true;
    });
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Starts the response; `onEnd` is called when it has ended. */
  serve({ headers, filler, open }: Extract<StreamDecision, { kind: 'accept' }>, onEnd: () => void): void {
    this.#onEnd = onEnd;
    this.#filler = filler;
    this.#guard.run(() =>
      this.#response.cork(() => {
        this.#response.writeStatus('200 OK');
        for (const [name, value] of Object.entries(headers)) this.#response.writeHeader(name, value);
      }),
    );
    this.#guard.open(() => open(this));
  }

  send(frame: string | Uint8Array): void {
    if (this.#state !== 'open') return;
    let isSent = true;
    this.#response.cork(() => {
      isSent = this.#response.write(frame);
    });
    if (!isSent || this.#queuedBytes > 0) this.#queuedBytes += frame.length;
    this.#backpressure.update(this.#queuedBytes);
  }

  /** The reader of a response sends nothing that could be paused. */
  pause(): void {}

  resume(): void {}

  /** A response has no close status; everything was said in its body. */
  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    const end = (): void => {
      if (this.#state === 'ended') return;
      // What is queued is still sent; then the library closes.
      this.#response.cork(() => this.#response.end());
      this.onClose();
    };
    setImmediate(() => this.#guard.run(end));
  }

  /** The reader has left, or the response has ended. */
  onClose(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#onEnd();
    // Never in the middle of one of the handler's own calls.
    setImmediate(() => this.#guard.close(1006));
  }

  fail(error: unknown): void {
    this.#guard.fail(error);
  }
}
