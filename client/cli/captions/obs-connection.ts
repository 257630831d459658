import { createHash } from 'node:crypto';
import { WebSocket } from 'ws';
import { parseJson } from '../../../protocol/parse-json.ts';
import { UserError } from '../output/user-error.ts';
import type { Clock } from './outlet.ts';

/** Opcodes of obs-websocket 5. */
const OP = { hello: 0, identify: 1, identified: 2, request: 6, response: 7 } as const;
const RPC_VERSION = 1;
const CLOSE = { wrongPassword: 4009, unsupportedVersion: 4010, sentAway: 4011 } as const;
/** Longest wait for a greeting or a response, ms. */
const ANSWER_MS = 5_000;

interface Message {
  readonly op: number;
  readonly d: {
    readonly authentication?: { readonly challenge: string; readonly salt: string };
    readonly requestId?: string;
    readonly requestStatus?: RequestStatus;
  };
}

export interface RequestStatus {
  readonly result: boolean;
  readonly code: number;
  readonly comment?: string;
}

/** OBS refuses the connection for good. */
export class ObsRejectedError extends UserError {}

/** Computes the `authentication` string of obs-websocket 5 for a challenge. */
export function computeObsAuthentication(
  password: string,
  { challenge, salt }: { challenge: string; salt: string },
): string {
  const sha = (text: string): string => createHash('sha256').update(text).digest('base64');
  return sha(sha(password + salt) + challenge);
}

export interface ObsAddress {
  readonly url: string;
  readonly password: string | undefined;
  readonly clock: Clock;
}

/** One authenticated connection to OBS. */
export class ObsConnection {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, (status: RequestStatus | undefined) => void>();
  #requests = 0;

  private constructor(socket: WebSocket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    socket.on('message', (data) => this.#receive(String(data)));
    socket.on('close', () => {
      for (const answer of this.#waiting.values()) answer(undefined);
    });
  }

  /** Rejects with an ObsRejectedError when OBS will never let us in, otherwise with an Error: it is not there. */
  static open({ url, password, clock }: ObsAddress): Promise<ObsConnection> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, 'obswebsocket.json', { handshakeTimeout: ANSWER_MS, maxPayload: 1_048_576 });
      const timer = clock.setTimer(ANSWER_MS, () => fail(new Error('it does not answer')));
      const fail = (error: Error): void => {
        timer[Symbol.dispose]();
        socket.terminate();
        reject(error);
      };
      socket.on('error', fail);
      socket.on('close', (code) => fail(refusalOf(code, password)));
      socket.on('message', (data) => {
        const message = readMessage(String(data));
        if (message?.op === OP.hello) {
          const challenge = message.d.authentication;
          const authentication = challenge && { authentication: computeObsAuthentication(password ?? '', challenge) };
          const d = { rpcVersion: RPC_VERSION, eventSubscriptions: 0, ...authentication };
          socket.send(JSON.stringify({ op: OP.identify, d }));
        } else if (message?.op === OP.identified) {
          timer[Symbol.dispose]();
          socket.removeAllListeners();
          socket.on('error', () => {});
          resolve(new ObsConnection(socket, clock));
        }
      });
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Sends a request. Resolves with undefined when the connection was lost, or when no response arrived in time. */
  request(requestType: string, requestData: object): Promise<RequestStatus | undefined> {
    const requestId = String(++this.#requests);
    return new Promise((resolve) => {
      const answer = (status: RequestStatus | undefined): void => {
        timer[Symbol.dispose]();
        this.#waiting.delete(requestId);
        resolve(status);
      };
      const timer = this.#clock.setTimer(ANSWER_MS, () => {
        this.close();
        answer(undefined);
      });
      this.#waiting.set(requestId, answer);
      this.#socket.send(JSON.stringify({ op: OP.request, d: { requestType, requestId, requestData } }));
      if (!this.isOpen) answer(undefined);
    });
  }

  close(): void {
    this.#socket.close(1000);
    // OBS that hangs says nothing to that.
    const timer = this.#clock.setTimer(ANSWER_MS, () => this.#socket.terminate());
    this.#socket.once('close', () => timer[Symbol.dispose]());
  }

  #receive(text: string): void {
    const message = readMessage(text);
    if (message?.op !== OP.response) return;
    const { requestId, requestStatus } = message.d;
    if (requestStatus !== undefined) this.#waiting.get(requestId ?? '')?.(requestStatus);
  }
}

function refusalOf(code: number, password: string | undefined): Error {
  if (code === CLOSE.wrongPassword)
    return new ObsRejectedError(
      password === undefined
        ? 'it wants a password: set SOTTO_OBS_PASSWORD, or give --obs-password-file.'
        : 'it does not take this password; it stands in Tools > WebSocket Server Settings > Show Connect Info.',
    );
  if (code === CLOSE.unsupportedVersion)
    return new ObsRejectedError('it speaks another version of its protocol; OBS 28 or newer is wanted.');
  if (code === CLOSE.sentAway) return new ObsRejectedError('it ended this connection for good.');
  return new Error('it closed the connection');
}

function readMessage(text: string): Message | undefined {
  try {
    const message = parseJson(text) as Partial<Message> | null;
    return typeof message?.op === 'number' && typeof message.d === 'object' && message.d !== null
      ? (message as Message)
      : undefined;
  } catch {
    return undefined;
  }
}
