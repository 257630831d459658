/** What a connection offers its session. WebSocket servers, TCP and the test loopback fit it. */
export interface Connection {
  readonly id: string;
  /** Bytes accepted by `send` but not yet handed to the kernel. */
  readonly queuedBytes: number;
  /** Ignored after the connection has ended. */
  send(frame: string | Uint8Array): void;
  /** Stops reading: what the client sends next waits in the network, and nothing is lost. */
  pause(): void;
  /** Reads on. */
  resume(): void;
  /** Says goodbye, then closes. Safe to call twice. */
  close(status: number, reason: string): void;
  /**
   * Takes an error that no code expected, from work that belongs to this connection and runs outside of its handler's
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
 * Called in this order: open, then messages, then exactly one close. Never re-entrantly. A call that throws, or gives a
 * promise that rejects, is reported as `server.bug` and ends this connection with 1011: it gets no more messages, and its
 * one close.
 */
export interface ConnectionHandler {
  /** `frame` is the handler's to keep: the transport has already copied it. */
  message(frame: string | Uint8Array): void;
  close(status: number): void;
}

/** The gateway's answer to an upgrade: take it, with the one subprotocol chosen, or refuse before the upgrade. */
export type UpgradeDecision =
  | {
      readonly kind: 'accept';
      readonly subprotocol: string | undefined;
      open(connection: Connection): ConnectionHandler;
    }
  | { readonly kind: 'refuse'; readonly response: Response };

/** The gateway's answer to a request for a response that goes on: the body is what is sent over the connection. */
export type StreamDecision =
  | {
      readonly kind: 'accept';
      readonly headers: Readonly<Record<string, string>>;
      /** Means nothing to its reader, wherever it comes between two sends. */
      readonly filler: string;
      /** Nothing is ever heard over it but its end. */
      open(connection: Connection): ConnectionHandler;
    }
  | { readonly kind: 'refuse'; readonly response: Response };

/** What throws or rejects here all the same is reported as `server.bug` and answered with 500. */
export interface TransportHandler {
  /** Never rejects. The connection may be gone by the time it resolves. */
  upgrade(request: OpenRequest): Promise<UpgradeDecision>;
  /** A `GET` whose response goes on for as long as its reader stays; undefined, at once, for all others. Never rejects. */
  follow?(request: OpenRequest): Promise<StreamDecision> | undefined;
  /** Everything else. Never rejects. */
  fetch(request: Request, remoteAddress: string): Promise<Response>;
}

export interface Transport {
  /** Resolves with the port taken. Rejects with a `server.listen` fault when it cannot be had. */
  listen(host: string, port: number): Promise<number>;
  /** Stops accepting, tells live connections 1012, resolves when they have ended. Same promise every time. */
  close(): Promise<void>;
}
