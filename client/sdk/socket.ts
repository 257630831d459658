import { STREAM_PATH, SUBPROTOCOL } from '../../protocol/version.ts';

/** The parts of a WebSocket that the client uses; those of browsers, Node 22 and `ws` all have them. */
export interface SocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly readyState: number;
  send(data: string | ArrayBufferView | ArrayBuffer): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: never) => void): void;
}

export type SocketClass = new (url: string, protocols: string[]) => SocketLike;

/** The WebSocket address of a server. */
export function buildStreamUrl(url: string): string {
  const parsed = new URL(url.replace(/^http/i, 'ws'));
  if (parsed.pathname === '/' || parsed.pathname === '') parsed.pathname = STREAM_PATH;
  return parsed.href;
}

export interface SocketTarget {
  readonly url: string;
  readonly credential: string | undefined;
  readonly Socket: SocketClass;
}

/** Connects, for a new session or to resume one. */
export function openSocket({ url, credential, Socket }: SocketTarget, session?: string): SocketLike {
  const address = new URL(buildStreamUrl(url));
  if (session !== undefined) address.searchParams.set('resume', session);
  const socket = new Socket(
    address.href,
    credential === undefined ? [SUBPROTOCOL] : [SUBPROTOCOL, `sotto.auth.${credential}`],
  );
  socket.binaryType = 'arraybuffer';
  return socket;
}
