/** The server's side of a connection. WebSocket servers, TCP and the test loopback implement it. */
export interface Connection {
  readonly id: string;
  /** Bytes accepted by `send` but not yet handed to the kernel. */
  readonly queuedBytes: number;
  /** Ignored after the connection has ended. */
  send(frame: string | Uint8Array): void;
  /** Stops reading: what the client sends next waits in the network, and nothing is lost. */
  pause(): void;
  /** Continues reading. */
  resume(): void;
  /** Sends a close frame, then closes. Safe to call twice. */
  close(status: number, reason: string): void;
  /**
   * Reports an error that no code expected, from work that belongs to this connection and runs outside of its handler's
   * calls, such as a timer. It is reported as `server.bug` and ends this connection with 1011. Never throws.
   */
  fail(error: unknown): void;
}

/** A snapshot of the HTTP request that opened the connection. */
export interface OpenRequest {
  /** Path and query, as sent. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Subprotocols the client offered, in its order. */
  readonly subprotocols: readonly string[];
  readonly remoteAddress: string;
}

/**
 * Called in this order: open, then messages and drains, then exactly one close. Never re-entrantly. A call that throws, or returns
 * a promise that rejects, is reported as `server.bug` and ends this connection with 1011: it gets only its one close
 * after that.
 */
export interface ConnectionHandler {
  /** The handler owns `frame`: the transport has already copied it. */
  message(frame: string | Uint8Array): void;
  /**
   * `queuedBytes` was above `LIMITS.queuedBytesLow` after a send, and has fallen to it or below: the handler may send
   * what it held back. Called once each time, never from inside a send, and not when the connection is being closed.
   */
  drained(): void;
  close(status: number): void;
}

/** The gateway's answer to an upgrade: accept it with the chosen subprotocol, or refuse before the upgrade. */
export type UpgradeDecision =
  | {
      readonly kind: 'accept';
      readonly subprotocol: string | undefined;
      open(connection: Connection): ConnectionHandler;
    }
  | { readonly kind: 'refuse'; readonly response: Response };

/** The gateway's answer to a request for a streamed response: what is sent over the connection becomes the body. */
export type StreamDecision =
  | {
      readonly kind: 'accept';
      readonly headers: Readonly<Record<string, string>>;
      /** Ignored by the reader, wherever it occurs between two sends. */
      readonly filler: string;
      /** It never reports a message. */
      open(connection: Connection): ConnectionHandler;
    }
  | { readonly kind: 'refuse'; readonly response: Response };

/** Exceptions and rejections here are reported as `server.bug` and answered with 500. */
export interface TransportHandler {
  /** Never rejects. The connection may be gone by the time it resolves. */
  handleUpgrade(request: OpenRequest): Promise<UpgradeDecision>;
  /**
   * Handles a `GET` whose response goes on for as long as its reader stays; returns undefined at once for all others.
   * Never rejects.
   */
  handleStream?(request: OpenRequest): Promise<StreamDecision> | undefined;
  /** Handles everything else. Never rejects. */
  handleRequest(request: Request, remoteAddress: string): Promise<Response>;
}

export interface Transport {
  /** Resolves with the bound port. Rejects with a `server.listen` fault when the port is unavailable. */
  listen(host: string, port: number): Promise<number>;
  /**
   * Stops accepting, closes live connections with 1012, and resolves when they have ended. Returns the same promise
   * every time.
   */
  close(): Promise<void>;
}
