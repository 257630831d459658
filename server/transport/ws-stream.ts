import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { ReportBug } from '../ports/bug.ts';
import type { Connection, StreamDecision } from '../ports/transport.ts';
import { Backpressure } from './backpressure.ts';
import { ConnectionGuard } from './guard.ts';

/** A streamed response, until either side ends it. */
export class WsStream implements Connection {
  readonly id = randomUUID();
  readonly #response: ServerResponse;
  readonly #guard: ConnectionGuard;
  readonly #backpressure = new Backpressure();

  constructor(response: ServerResponse, reportBug: ReportBug) {
    this.#response = response;
    this.#guard = ConnectionGuard.forConnection(this, reportBug);
  }

  get queuedBytes(): number {
    return this.#response.writableLength;
  }

  /** Starts the response; `onEnd` is called when it has ended. */
  serve(decision: Extract<StreamDecision, { kind: 'accept' }>, onEnd: () => void): void {
    this.#response.once('close', () => {
      onEnd();
      this.#guard.close(1006);
    });
    this.#response.writeHead(200, decision.headers);
    this.#guard.open(() => decision.open(this));
  }

  send(frame: string | Uint8Array): void {
    if (!this.#isOpen) return;
    this.#response.write(frame, this.#onWritten);
    this.#backpressure.update(this.queuedBytes);
  }

  /** The reader of a response sends nothing that could be paused. */
  pause(): void {}

  resume(): void {}

  /** A response has no close status; everything was said in its body. */
  close(): void {
    this.#response.end();
  }

  fail(error: unknown): void {
    this.#guard.fail(error);
  }

  get #isOpen(): boolean {
    return !this.#response.writableEnded && !this.#response.destroyed;
  }

  /** A piece has been handed to the kernel, or never will be: Node also reports success when a socket is destroyed. */
  readonly #onWritten = (): void => {
    if (!this.#isOpen || this.#response.socket?.writable !== true) return;
    if (this.#backpressure.hasDrained(this.queuedBytes)) this.#guard.drained();
  };
}
