import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Connection, Following } from '../ports/transport.ts';

/** A response that goes on until one side has had enough. */
export class WsStream implements Connection {
  readonly id = randomUUID();
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get queuedBytes(): number {
    return this.#response.writableLength;
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
}

/** Begins the response; the handler hears of its end once. */
export function follow(response: ServerResponse, following: Extract<Following, { kind: 'accept' }>): WsStream {
  response.writeHead(200, following.headers);
  const stream = new WsStream(response);
  // 'close' always follows 'error'.
  response.on('error', () => {});
  const handler = following.open(stream);
  response.once('close', () => handler.close(1006));
  return stream;
}
