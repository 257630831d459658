import type { Command, Fault, FaultCode, ServerEvent, Start } from '../../protocol/index.ts';
import type { ClientIdentity, Scope } from './authenticator.ts';
import type { AudioKind, ChannelLayout, UploadedFile } from './decoder.ts';
import type { OpenRequest } from './transport.ts';

export type WireFrame = string | Uint8Array;

/** What a client's frame came to: what is answered at once, and then what the session is told. */
export interface FrameResult {
  readonly replies: readonly WireFrame[];
  readonly commands: readonly Command[];
}

/** The last words to a client, and the close in its protocol's terms. */
export interface CloseFrames {
  readonly frames: readonly WireFrame[];
  readonly status: number;
  readonly reason: string;
}

/** How a client's compressed audio is to be read. Its `audio` commands are decoded on their way to the session. */
export interface EncodedFormat {
  /** `opus-packets`: each command is a packet, unless the first begins a container. Undefined: the first bytes tell. */
  readonly kind: AudioKind | undefined;
  readonly layout: ChannelLayout;
  /** Of bare packets. */
  readonly raw?: { readonly sampleRate: number; readonly channels: number };
  /** What to send instead, for people. */
  readonly want: string;
}

/** One client's conversation in a protocol. It keeps what that protocol needs to know, and touches nothing outside. */
export interface DialectSession {
  /** `kept`: its client may come back after an accident and goes on; otherwise the session ends with its connection. */
  readonly lifetime: 'kept' | 'connection';
  /** Set when the client sends compressed audio; then `start` says nothing of its format. */
  readonly encoded?: EncodedFormat | undefined;
  /** Said and done as soon as the connection is open, before any frame came. */
  greet(): FrameResult;
  /** Throws `command.*`, `audio.*` and `frame.*` faults. */
  read(frame: WireFrame): FrameResult;
  /** Any number of frames: a protocol may have no word for an event, or several. */
  write(event: ServerEvent): readonly WireFrame[];
  /** Called once, before the server closes the connection. `reason` is a fault's code, `done` or `draining`. */
  end(status: number, reason: string): CloseFrames;
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
export interface HttpRefusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/**
 * A client that may not stay, over a connection that was opened to tell it so. Asked with no frame when the connection
 * is open, then with each frame, until it gives the last words.
 */
export type Rejection = (frame: WireFrame | undefined) => CloseFrames | undefined;

/** Translation between a client's protocol and our commands and events. */
export interface Dialect {
  readonly name: string;
  /** The one of the offered subprotocols that is answered; clients hang up when they offered some and get none. */
  subprotocol(offered: readonly string[]): string | undefined;
  /** A fault refuses the connection before it is one. Throwing is a bug: it is logged, and refuses it, too. */
  open(request: OpenRequest, context: DialectContext): DialectSession | Fault;
  /** A refusal in the shape its clients read; ours is used where this is absent. */
  refuse?(fault: Fault, context: DialectContext): HttpRefusal;
  /** For clients that understand a refusal only over an open connection. Undefined refuses before the upgrade. */
  turnAway?(fault: Fault, context: DialectContext): Rejection | undefined;
  /** A key or token where this protocol has one besides the headers and subprotocols that all may use. */
  credential?(request: OpenRequest): string | undefined;
}

/** Path of an upgrade → who speaks there. */
export type DialectRoutes = ReadonlyMap<string, Dialect>;

/** A failure as a client is told of it: a fault, or one that went by as an event. */
export interface ErrorInfo {
  readonly code: FaultCode;
  readonly message: string;
  readonly data?: object;
}

/** What a client sent by HTTP: a file to transcribe, and what it said about it. */
export interface ParsedUpload {
  /** Path and query, as sent. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Fields of the form, in order; a name may come twice. Empty where the body is the file. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly file: UploadedFile | undefined;
}

/** The answer to one upload, as its events come. */
export interface UploadSession {
  /** Without `audio`, which the decoder knows. */
  readonly start: Start;
  readonly layout: ChannelLayout;
  readonly contentType: string;
  /** `whole`: the answer is kept until it is complete, so that a failure has a status of its own. */
  readonly manner: 'whole' | 'growing';
  /** The next piece of the answer; empty when the event adds nothing. */
  write(event: ServerEvent): string;
  /** The last piece of a growing answer that has failed. */
  trouble(trouble: ErrorInfo): string;
}

/** A protocol in which a whole file is sent, and its transcript is the answer. Pure, like a dialect. */
export interface UploadDialect {
  readonly name: string;
  /** How the file comes: in a form, or as the body itself. */
  readonly body: 'form' | 'raw';
  /** Throws `command.*` and `audio.*` faults. */
  open(posted: ParsedUpload, context: DialectContext): UploadSession;
  refuse(trouble: ErrorInfo, context: DialectContext): HttpRefusal;
}

/** A request with a short answer that an SDK expects to find. */
export interface HttpEndpoint {
  /** Path, or its beginning when it ends with a slash. */
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly scope: Scope;
  /** `body` is its JSON, or undefined when none came. May throw faults. */
  answer(asked: { readonly url: string; readonly body: unknown }, context: HttpEndpointContext): Promise<HttpRefusal>;
  refuse(trouble: ErrorInfo, context: DialectContext): HttpRefusal;
}

export interface HttpEndpointContext extends DialectContext {
  readonly caller: ClientIdentity;
  /** Makes a browser token. */
  mint(seconds: number): Promise<{ readonly token: string; readonly expires: string }>;
}

/** What is answered by HTTP beside the page. */
export interface HttpRoutes {
  readonly uploads: ReadonlyMap<string, UploadDialect>;
  readonly questions: readonly HttpEndpoint[];
}
