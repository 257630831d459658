import type { Start } from '../../protocol/commands.ts';
import type { ResumePoint, SessionStart } from './resume-point.ts';
import { Session } from './session.ts';
import type { SocketClass } from './socket.ts';

/** How to reach a server. */
export type ServerTarget = {
  [Name in 'url' | 'credential' | 'WebSocket' | 'timeoutMs']?: ConnectOptions[Name] | undefined;
} & Pick<ConnectOptions, 'url'>;

export interface ConnectOptions extends Omit<Start, 'type' | 'resume'> {
  /** `http(s)://` or `ws(s)://` address of the server; the path is added when there is none. */
  readonly url: string;
  /** Key or token, for a server that requires one. A page should hold a token from `POST /v1/token`, never a key. */
  readonly credential?: string;
  /** WebSocket class to use; default: the global one. On Node 20 pass the class of the `ws` package. */
  readonly WebSocket?: SocketClass;
  /** Longest time to reach the server and receive `ready`, ms; default 15000. */
  readonly timeoutMs?: number;
  /** Whether to reconnect and resume the session when the connection is lost; default true. */
  readonly reconnect?: boolean;
}

/**
 * Opens a session: connects, sends `start` and resolves when `ready` arrives. Rejects with the `Fault` that the server sent, or
 * with an Error when the server could not be reached.
 */
export function connect(options: ConnectOptions): Promise<Session> {
  const { url, WebSocket, timeoutMs, credential, reconnect, ...start } = options;
  return openSession(
    { url, WebSocket, timeoutMs, credential },
    { start: { type: 'start', ...start }, reconnect: reconnect ?? true },
  );
}

/**
 * Resumes a session that an earlier page, or an earlier run of this program, left open. Resolves when the server has resumed it;
 * every event after `kept.seq` then arrives. Rejects with the fault `session.unknown` when the session is gone.
 */
export function resumeSession(options: ServerTarget, kept: ResumePoint): Promise<Session> {
  return openSession(options, { kept });
}

function openSession({ url, WebSocket, timeoutMs, credential }: ServerTarget, begin: SessionStart): Promise<Session> {
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
