import type { Command, Fault, FaultCode, ServerEvent, Start } from '../../protocol/index.ts';
import type { ClientIdentity, Scope } from './authenticator.ts';
import type { AudioKind, ChannelLayout, PacketFormat, UploadedFile } from './decoder.ts';
import type { OpenRequest } from './transport.ts';

export type WireFrame = string | Uint8Array;

/** The result of a client's frame: frames to reply with at once, then commands for the session. */
export interface FrameResult {
  readonly replies: readonly WireFrame[];
  readonly commands: readonly Command[];
}

/** The final frames to a client, and the close in its protocol's terms. */
export interface CloseFrames {
  readonly frames: readonly WireFrame[];
  readonly status: number;
  readonly reason: string;
}

/** The format of a client's compressed audio. Its `audio` commands are decoded on their way to the session. */
export interface EncodedFormat {
  /**
   * `opus-packets`: each command is a packet, unless the first begins a container. Undefined: detected from the first
   * bytes.
   */
  readonly kind: AudioKind | undefined;
  readonly layout: ChannelLayout;
  /** Only for bare packets. */
  readonly raw?: { readonly sampleRate: number; readonly channels: number };
  /** What the client should send instead, for people. */
  readonly want: string;
}

/** One client's conversation in a protocol. It holds the state that protocol needs and touches nothing outside. */
export interface DialectSession {
  /** `kept`: the client may reconnect after a lost connection; otherwise the session ends with its connection. */
  readonly lifetime: 'kept' | 'connection';
  /** Set when the client sends compressed audio; `start` then carries no format. */
  readonly encoded?: EncodedFormat | undefined;
  /** Called as soon as the connection is open, before any frame arrives. */
  greet(): FrameResult;
  /** Throws `command.*`, `audio.*` and `frame.*` faults. */
  read(frame: WireFrame): FrameResult;
  /** Returns any number of frames: a protocol may express an event in none, one or several. */
  write(event: ServerEvent): readonly WireFrame[];
  /** Called once, before the server closes the connection. `reason` is a fault's code, `done` or `draining`. */
  end(status: number, reason: string): CloseFrames;
}

/** What a dialect cannot find out by itself, because it is pure. */
export interface DialectContext {
  /** Names this conversation to the client and in the log. */
  readonly id: string;
  /** Wall time, ms since 1970. */
  readonly nowMs: number;
  /** Name of the speech model. */
  readonly model: string;
}

/** An HTTP response as a value. */
export interface HttpRefusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/**
 * Rejects a client over a connection that was opened only to tell it so. Called without a frame when the connection
 * opens, then with each frame, until it returns the final frames.
 */
export type Rejection = (frame: WireFrame | undefined) => CloseFrames | undefined;

/** Translation between a client's protocol and our commands and events. */
export interface Dialect {
  readonly name: string;
  /** Chooses one of the offered subprotocols; clients hang up if they offered some and the server picks none. */
  subprotocol(offered: readonly string[]): string | undefined;
  /**
   * Returning a fault refuses the connection before the upgrade. Throwing is a bug: it is logged and refuses the
   * connection, too.
   */
  open(request: OpenRequest, context: DialectContext): DialectSession | Fault;
  /** Renders a refusal in the shape the protocol's clients expect; ours is used where this is absent. */
  refuse?(fault: Fault, context: DialectContext): HttpRefusal;
  /** For clients that understand a refusal only over an open connection. Undefined refuses before the upgrade. */
  reject?(fault: Fault, context: DialectContext): Rejection | undefined;
  /**
   * Reads a key or token from where this protocol carries one, besides the headers and subprotocols that all may use.
   */
  credential?(request: OpenRequest): string | undefined;
}

/** Maps the path of an upgrade to the dialect spoken there. */
export type DialectRoutes = ReadonlyMap<string, Dialect>;

/** A failure as reported to a client: a fault, or one that was sent as an event. */
export interface ErrorInfo {
  readonly code: FaultCode;
  readonly message: string;
  readonly data?: object;
}

/** A file to transcribe that a client sent by HTTP, with its parameters. */
export interface ParsedUpload {
  /** Path and query, as sent. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Form fields in order; a name may occur twice. Empty when the body is the file. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly file: UploadedFile | undefined;
}

/** Writes the response to one upload as its events arrive. */
export interface UploadSession {
  /** Without `audio`, which the decoder determines. */
  readonly start: Start;
  readonly layout: ChannelLayout;
  readonly contentType: string;
  /** Set when the file is nothing but 16-bit little-endian samples of this format. */
  readonly samples?: PacketFormat | undefined;
  /** How much of the file is recognised, ms of audio; all of it by default. */
  readonly audioMsMax?: number | undefined;
  /** `buffered`: the response is held until it is complete, so that a failure can have its own status. */
  readonly delivery: 'buffered' | 'streamed';
  /** The next piece of the response; empty when the event adds nothing. */
  write(event: ServerEvent): string;
  /** The last piece of a streamed response that failed. */
  error(error: ErrorInfo): string;
}

/**
 * A protocol in which the client sends a whole file and receives the transcript as the response. Pure, like a dialect.
 */
export interface UploadDialect {
  readonly name: string;
  /** How the file arrives: in a form, or as the body itself. */
  readonly body: 'form' | 'raw';
  /** The field of the form that holds the file; `file` by default. */
  readonly fileField?: string;
  /** Throws `command.*` and `audio.*` faults. */
  open(upload: ParsedUpload, context: DialectContext): UploadSession;
  refuse(error: ErrorInfo, context: DialectContext): HttpRefusal;
}

/** A request with a short answer that an SDK expects to work. */
export interface HttpEndpoint {
  /** The path, or a prefix of it when it ends with a slash. */
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly scope: Scope;
  /** `body` is the request's JSON, or undefined when it had none. May throw faults. */
  answer(request: { readonly url: string; readonly body: unknown }, context: HttpEndpointContext): Promise<HttpRefusal>;
  refuse(error: ErrorInfo, context: DialectContext): HttpRefusal;
}

export interface HttpEndpointContext extends DialectContext {
  readonly identity: ClientIdentity;
  /** Mints a browser token. */
  mintToken(seconds: number): Promise<{ readonly token: string; readonly expires: string }>;
}

/** What is answered by HTTP besides the pages. */
export interface HttpRoutes {
  readonly uploads: ReadonlyMap<string, UploadDialect>;
  readonly endpoints: readonly HttpEndpoint[];
}
