import { randomUUID } from 'node:crypto';
import type { ReportBug } from '../ports/bug.ts';
import type { Connection, StreamDecision } from '../ports/transport.ts';
import { ConnectionGuard } from './guard.ts';
import type { HttpResponse } from './uws-library.ts';

/** A response that goes on until one side has had enough. */
export class UwsStream implements Connection {
  readonly id = randomUUID();
  readonly #response: HttpResponse;
  readonly #guard: ConnectionGuard;
  #over = (): void => {};
  #filler = '';
  /** After `ended` the library's response must not be touched. */
  #life: 'open' | 'closing' | 'ended' = 'open';
  /** The library does not tell what it holds: all that was given to it since it first could not hand it on. */
  #queuedBytes = 0;

  constructor(response: HttpResponse, reportBug: ReportBug) {
    this.#response = response;
    this.#guard = ConnectionGuard.of(this, reportBug);
    response.onWritable(() => {
      this.#guard.run(() => {
        // The library hands on what it holds only with the next write, and tells of nothing else that it has.
        if (this.#life === 'open' && response.write(this.#filler)) this.#queuedBytes = 0;
      });
      return true;
    });
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Begins the response; `over` is called when it has ended. */
  serve({ headers, filler, open }: Extract<StreamDecision, { kind: 'accept' }>, over: () => void): void {
    this.#over = over;
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
    if (this.#life !== 'open') return;
    let taken = true;
    this.#response.cork(() => {
      taken = this.#response.write(frame);
    });
    if (!taken || this.#queuedBytes > 0) this.#queuedBytes += frame.length;
  }

  /** Whoever reads a response says nothing that could be stopped. */
  pause(): void {}

  resume(): void {}

  /** A response has no close status; what there is to say was said in it. */
  close(): void {
    if (this.#life !== 'open') return;
    this.#life = 'closing';
    const end = (): void => {
      if (this.#life === 'ended') return;
      // What waits still goes out; then the library closes.
      this.#response.cork(() => this.#response.end());
      this.gone();
    };
    setImmediate(() => this.#guard.run(end));
  }

  /** The reader has left, or the response has ended. */
  gone(): void {
    if (this.#life === 'ended') return;
    this.#life = 'ended';
    this.#over();
    // Never in the middle of one of the handler's own calls.
    setImmediate(() => this.#guard.close(1006));
  }

  fail(error: unknown): void {
    this.#guard.fail(error);
  }
}
