import { FAULTS, Fault } from '../../protocol/faults.ts';
import { hasOwnKey } from '../../protocol/own-entry.ts';
import { parseJson } from '../../protocol/parse-json.ts';
import { buildStreamUrl, type SocketLike, type SocketTarget } from './socket.ts';

/** Why a server refused a connection: its fault, or what else is known. */
export type Refusal = Fault | string;

/** Longest wait for the server's explanation, ms. */
const EXPLANATION_TIMEOUT_MS = 3_000;
/** A longer body is a web page, not a fault. */
const BODY_CHARS_MAX = 65_536;

/** The HTTP response that Node's `ws` exposes when the server does not upgrade. */
interface Answer extends AsyncIterable<Uint8Array> {
  readonly statusCode?: number;
}
type WithAnswers = SocketLike & {
  on?(event: 'unexpected-response', listener: (request: unknown, answer: Answer) => void): void;
};

export const canReadRefusals = (socket: SocketLike): boolean => (socket as WithAnswers).on !== undefined;

/** Reports the response a server sends instead of the upgrade. The sockets of `ws` expose it; those of browsers do not. */
export function onRefusal(socket: SocketLike, tell: (refusal: Refusal) => void): void {
  const { on } = socket as WithAnswers;
  on?.call(socket, 'unexpected-response', (_, answer) => {
    void readRefusal(answer)
      .then(tell, () => {})
      .then(() => socket.close());
  });
}

/** Asks over HTTP why the connection was refused; undefined when the server does not say. */
export async function fetchRefusal({ url, credential }: SocketTarget, session?: string): Promise<Refusal | undefined> {
  const address = new URL(buildStreamUrl(url).replace(/^ws/, 'http'));
  if (session !== undefined) address.searchParams.set('resume', session);
  const headers: Record<string, string> = credential === undefined ? {} : { authorization: `Bearer ${credential}` };
  try {
    const answer = await fetch(address, { headers, signal: AbortSignal.timeout(EXPLANATION_TIMEOUT_MS) });
    // 426 means that the server would accept a WebSocket now.
    return answer.status === 426 ? undefined : parseRefusal(answer.status, await answer.text());
  } catch {
    return undefined;
  }
}

/** A fault received over the wire, with the server's text. */
export function toRemoteFault({ code: remoteCode, text }: { readonly code: string; readonly text: string }): Fault {
  const code = hasOwnKey(FAULTS, remoteCode) ? remoteCode : 'server.bug';
  const fault = new Fault(code, {} as never);
  fault.message = text;
  return fault;
}

async function readRefusal(answer: Answer): Promise<Refusal> {
  const timer = setTimeout(() => (answer as { destroy?(): void }).destroy?.(), EXPLANATION_TIMEOUT_MS);
  const decoder = new TextDecoder();
  let body = '';
  try {
    for await (const chunk of answer) {
      body += decoder.decode(chunk, { stream: true });
      if (body.length > BODY_CHARS_MAX) break;
    }
  } catch {
    // The status alone still says something.
  } finally {
    clearTimeout(timer);
  }
  return parseRefusal(answer.statusCode ?? 0, body);
}

function parseRefusal(status: number, body: string): Refusal {
  try {
    const { code, text } = parseJson(body) as { code?: unknown; text?: unknown };
    if (typeof code === 'string' && typeof text === 'string') return toRemoteFault({ code, text });
  } catch {
    // A proxy answered with a page of its own.
  }
  return `HTTP ${status}`;
}
