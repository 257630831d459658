import { FAULTS, Fault } from '../../protocol/index.ts';
import type { ReportBug } from '../ports/bug.ts';
import type { Connection, ConnectionHandler } from '../ports/transport.ts';

const REASON = 'server.bug';
const { close: CLOSE, http: STATUS, retry: RETRY } = FAULTS[REASON];

/**
 * Runs every callback of one connection or request. A callback that throws, or whose promise rejects, is reported once
 * and ends this connection only: an exception that escaped a socket's callback would end the process.
 */
export class ConnectionGuard {
  readonly #reportBug: ReportBug;
  readonly #id: string | undefined;
  #end: () => void;
  #handler: ConnectionHandler | undefined;
  #isBroken = false;

  /**
   * `end` ends what is guarded: it closes the connection, or answers the request with 500. It may be called after the
   * end.
   */
  constructor(reportBug: ReportBug, end: () => void, id?: string) {
    this.#reportBug = reportBug;
    this.#end = end;
    this.#id = id;
  }

  /** Guards `connection`: a bug closes it with 1011. */
  static forConnection(connection: Connection, reportBug: ReportBug): ConnectionGuard {
    return new ConnectionGuard(reportBug, () => connection.close(CLOSE, REASON), connection.id);
  }

  run(callback: () => unknown): void {
    try {
      const result = callback();
      if (result instanceof Promise) result.catch((error: unknown) => this.fail(error));
    } catch (error) {
      this.fail(error);
    }
  }

  /** Opens the connection's handler. If that fails, there is none and the connection is closed. */
  open(open: () => ConnectionHandler): void {
    this.run(() => {
      this.#handler = open();
    });
  }

  /** Frames in flight when the handler broke are dropped; a client that resumes sends them again. */
  message(frame: string | Uint8Array): void {
    if (this.#isBroken) return;
    try {
      const result: unknown = this.#handler?.message(frame);
      if (result instanceof Promise) result.catch((error: unknown) => this.fail(error));
    } catch (error) {
      this.fail(error);
    }
  }

  /** Tells the handler that the queue has drained. */
  drained(): void {
    const handler = this.#handler;
    if (handler !== undefined && !this.#isBroken) this.run(() => handler.drained());
  }

  /** Tells the handler that the connection has ended: exactly once, even if it broke before or breaks now. */
  close(status: number): void {
    const handler = this.#handler;
    this.#handler = undefined;
    if (handler !== undefined) this.run(() => handler.close(status));
  }

  /**
   * Reports the first `error`, which ends the connection. Later ones follow from it, and a client could fill a log with
   * them.
   */
  fail(error: unknown): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#reportBug(error, 'a bug ended a connection', this.#id === undefined ? {} : { connection: this.#id });
    try {
      this.#end();
    } catch (cause) {
      this.#reportBug(cause, 'a connection that a bug ended could not be closed');
    }
  }
}

/**
 * Wraps a callback that belongs to a whole transport, such as a timer: a bug in it is reported, and the transport goes
 * on.
 */
export function guardCallback<Args extends unknown[]>(
  reportBug: ReportBug,
  callback: (...args: Args) => void,
): (...args: Args) => void {
  return (...args) => {
    try {
      callback(...args);
    } catch (error) {
      reportBug(error, 'a bug in a transport');
    }
  };
}

/** The response to a request whose handler broke. */
export function buildBugResponse(): Response {
  const { message: text } = new Fault(REASON, {});
  return new Response(JSON.stringify({ type: 'fault', code: REASON, text, retry: RETRY }), {
    status: STATUS,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  });
}

/** The response to a request that HTTP allows but no handler can process: an odd method, path or header. */
export function buildBadRequestResponse(): Response {
  return new Response('The request line or a header of it cannot be read.\n', {
    status: 400,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
  });
}
