import type { Start } from '../../protocol/commands.ts';
import type { ResumePoint, SessionStart } from './resume-point.ts';
import { Session } from './session.ts';
import type { SocketClass } from './socket.ts';

/** How a server is reached. */
export type ServerTarget = {
  [Name in 'url' | 'credential' | 'WebSocket' | 'timeoutMs']?: ConnectOptions[Name] | undefined;
} & Pick<ConnectOptions, 'url'>;

export interface ConnectOptions extends Omit<Start, 'type' | 'resume'> {
  /** `http(s)://` or `ws(s)://` address of the server; the path is added when there is none. */
  readonly url: string;
  /** Key or token of the server, where it wants one. A page should hold a token from `POST /v1/token`, never a key. */
  readonly credential?: string;
  /** WebSocket class to use; default the global one. On Node 20 give that of the `ws` package. */
  readonly WebSocket?: SocketClass;
  /** Time to reach the server and be `ready`, ms; default 15000. */
  readonly timeoutMs?: number;
  /** Come back over a new connection when this one is lost; default true. */
  readonly reconnect?: boolean;
}

/**
 * Opens a session: connects, sends `start`, resolves at `ready`. Rejects with a `Fault` (the server's own, or
 * `session.unknown`-like ones are never invented) or an Error that says the server was not reached.
 */
export function connect(options: ConnectOptions): Promise<Session> {
  const { url, WebSocket, timeoutMs, credential, reconnect, ...start } = options;
  return open(
    { url, WebSocket, timeoutMs, credential },
    { start: { type: 'start', ...start }, reconnect: reconnect ?? true },
  );
}

/**
 * Goes on with a session that an earlier page, or an earlier run of this program, left open: resolves when the server has
 * taken it up again, and tells every event after `kept.seq`. Rejects with the fault `session.unknown` when it is gone.
 */
export function resumeSession(options: ServerTarget, kept: ResumePoint): Promise<Session> {
  return open(options, { kept });
}

function open({ url, WebSocket, timeoutMs, credential }: ServerTarget, begin: SessionStart): Promise<Session> {
  const Socket = WebSocket ?? (globalThis.WebSocket as unknown as SocketClass | undefined);
  if (Socket === undefined)
    return Promise.reject(
      new Error('There is no WebSocket here; give one as `WebSocket`, such as that of the ws package.'),
    );
  return new Promise((resolve, reject) => {
    const session = new Session({ url, credential, Socket }, begin);
    const timer = setTimeout(() => {
      session.close();
      reject(new Error(`${url} did not answer within ${(timeoutMs ?? 15_000) / 1000} s.`));
    }, timeoutMs ?? 15_000);
    session.opened.then(
      () => {
        clearTimeout(timer);
        resolve(session);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
