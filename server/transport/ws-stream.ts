import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { ReportBug } from '../ports/bug.ts';
import type { Connection, StreamDecision } from '../ports/transport.ts';
import { ConnectionGuard } from './guard.ts';

/** A response that goes on until one side has had enough. */
export class WsStream implements Connection {
  readonly id = randomUUID();
  readonly #response: ServerResponse;
  readonly #guard: ConnectionGuard;

  constructor(response: ServerResponse, reportBug: ReportBug) {
    this.#response = response;
    this.#guard = ConnectionGuard.of(this, reportBug);
  }

  get queuedBytes(): number {
    return this.#response.writableLength;
  }

  /** Begins the response; `ended` is called when it has ended. */
  serve(following: Extract<StreamDecision, { kind: 'accept' }>, ended: () => void): void {
    this.#response.once('close', () => {
      ended();
      this.#guard.close(1006);
    });
    this.#response.writeHead(200, following.headers);
    this.#guard.open(() => following.open(this));
  }

  send(frame: string | Uint8Array): void {
    if (!this.#response.writableEnded && !this.#response.destroyed) this.#response.write(frame);
  }

  /** Whoever reads a response says nothing that could be stopped. */
  pause(): void {}

  resume(): void {}

  /** A response has no close status; what there is to say was said in it. */
  close(): void {
    this.#response.end();
  }

  fail(error: unknown): void {
    this.#guard.fail(error);
  }
}
