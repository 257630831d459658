import type { Command, Fault, ServerEvent } from '../../protocol/index.ts';
import type { OpenRequest } from './transport.ts';

export type Frame = string | Uint8Array;

/** What a client's frame came to: what is answered at once, and then what the session is told. */
export interface Reading {
  readonly replies: readonly Frame[];
  readonly commands: readonly Command[];
}

/** The last words to a client, and the close in its protocol's terms. */
export interface Goodbye {
  readonly frames: readonly Frame[];
  readonly status: number;
  readonly reason: string;
}

/** One client's conversation in a protocol. It keeps what that protocol needs to know, and touches nothing outside. */
export interface DialectSession {
  /** `kept`: its client may come back after an accident and goes on; otherwise the session ends with its connection. */
  readonly lifetime: 'kept' | 'connection';
  /** Said and done as soon as the connection is open, before any frame came. */
  greet(): Reading;
  /** Throws `command.*`, `audio.*` and `frame.*` faults. */
  read(frame: Frame): Reading;
  /** Any number of frames: a protocol may have no word for an event, or several. */
  write(event: ServerEvent): readonly Frame[];
  /** Called once, before the server closes the connection. `reason` is a fault's code, `done` or `draining`. */
  end(status: number, reason: string): Goodbye;
}

/** What a dialect may not find out by itself: it is pure. */
export interface DialectContext {
  /** Names this conversation to the client and in the log. */
  readonly id: string;
  /** Wall time, ms since 1970. */
  readonly nowMs: number;
  /** Name of the speech model. */
  readonly model: string;
}

/** An HTTP answer as a value. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/**
 * A client that may not stay, over a connection that was opened to tell it so. Asked with no frame when the connection
 * is open, then with each frame, until it gives the last words.
 */
export type TurnedAway = (frame: Frame | undefined) => Goodbye | undefined;

/** Translation between a client's protocol and our commands and events. */
export interface Dialect {
  readonly name: string;
  /** The one of the offered subprotocols that is answered; clients hang up when they offered some and get none. */
  subprotocol(offered: readonly string[]): string | undefined;
  /** A fault refuses the connection before it is one. Must not throw. */
  open(request: OpenRequest, context: DialectContext): DialectSession | Fault;
  /** A refusal in the shape its clients read; ours is used where this is absent. */
  refuse?(fault: Fault, context: DialectContext): Refusal;
  /** For clients that understand a refusal only over an open connection. Undefined refuses before the upgrade. */
  turnAway?(fault: Fault, context: DialectContext): TurnedAway | undefined;
  /** A key or token where this protocol has one besides the headers and subprotocols that all may use. */
  credential?(request: OpenRequest): string | undefined;
}

/** Path of an upgrade → who speaks there. */
export type Routes = ReadonlyMap<string, Dialect>;
