import { parseJson } from '../../../protocol/parse-json.ts';
import { ServerError } from '../server/server-error.ts';

/** A viewer token as the server lists it. The token itself is shown only when it is created. */
export interface ViewerToken {
  readonly id: string;
  readonly label?: string;
  readonly created: string | number;
  readonly expires?: string | number;
}

export interface TokenRequest {
  readonly room: string;
  /** Key or token, for a server that requires one. */
  readonly credential?: string | undefined;
}

const TIMEOUT_MS = 10_000;

/** Creates a token that lets viewers read one room. Rejects with a `ServerError`. */
export async function createToken(
  request: TokenRequest,
  token: { readonly label: string; readonly seconds: number | undefined },
): Promise<ViewerToken & { readonly token: string }> {
  const body = {
    ...(token.label === '' ? {} : { label: token.label }),
    ...(token.seconds === undefined ? {} : { seconds: token.seconds }),
  };
  return (await sendRequest(request, 'POST', '', body)) as ViewerToken & { readonly token: string };
}

/** Lists the tokens of a room, without the tokens themselves. Rejects with a `ServerError`. */
export async function listTokens(request: TokenRequest): Promise<readonly ViewerToken[]> {
  const answer = (await sendRequest(request, 'GET')) as
    | readonly ViewerToken[]
    | { readonly viewers?: readonly ViewerToken[] };
  return Array.isArray(answer) ? answer : ((answer as { viewers?: readonly ViewerToken[] }).viewers ?? []);
}

/** Revokes a token; viewers who use it are disconnected. Rejects with a `ServerError`. */
export async function revokeToken(request: TokenRequest, id: string): Promise<void> {
  await sendRequest(request, 'DELETE', `/${encodeURIComponent(id)}`);
}

async function sendRequest(
  { room, credential }: TokenRequest,
  method: string,
  path = '',
  body?: object,
): Promise<unknown> {
  const response = await fetch(`/v1/rooms/${encodeURIComponent(room)}/viewers${path}`, {
    method,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    cache: 'no-store',
    headers: {
      ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer = text === '' ? undefined : (parseJson(text) as { code?: string; text?: string });
  if (!response.ok) throw new ServerError(response.status, answer);
  return answer;
}
