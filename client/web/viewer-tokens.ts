/** A viewer token as the server lists it; only making one tells the token itself. */
export interface ViewerToken {
  readonly id: string;
  readonly label?: string;
  readonly created: string | number;
  readonly expires?: string | number;
}

export interface TokenRequest {
  readonly room: string;
  /** Key of the server, where it wants one; empty for none. */
  readonly key: string;
}

const TIMEOUT_MS = 10_000;

/** Makes a token that opens one room to viewers. Throws an Error with the server's own words. */
export async function makeToken(
  request: TokenRequest,
  wanted: { readonly label: string; readonly seconds: number | undefined },
): Promise<string> {
  const body = {
    ...(wanted.label === '' ? {} : { label: wanted.label }),
    ...(wanted.seconds === undefined ? {} : { seconds: wanted.seconds }),
  };
  const { token } = (await ask(request, 'POST', '', body)) as { token: string };
  return token;
}

/** Tokens of a room, without the tokens themselves. */
export async function listTokens(request: TokenRequest): Promise<readonly ViewerToken[]> {
  const answer = (await ask(request, 'GET')) as readonly ViewerToken[] | { readonly viewers?: readonly ViewerToken[] };
  return Array.isArray(answer) ? answer : ((answer as { viewers?: readonly ViewerToken[] }).viewers ?? []);
}

/** Takes a token back; whoever watches with it is cut. */
export async function revokeToken(request: TokenRequest, id: string): Promise<void> {
  await ask(request, 'DELETE', `/${encodeURIComponent(id)}`);
}

/** Does this server let viewers in by a token only? False when it cannot be asked. */
export async function needsToken(): Promise<boolean> {
  try {
    const response = await fetch('/v1/info', { signal: AbortSignal.timeout(TIMEOUT_MS), cache: 'no-store' });
    return ((await response.json()) as { needsKey?: boolean }).needsKey === true;
  } catch {
    return false;
  }
}

async function ask({ room, key }: TokenRequest, method: string, path = '', body?: object): Promise<unknown> {
  const response = await fetch(`/v1/rooms/${encodeURIComponent(room)}/viewers${path}`, {
    method,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    cache: 'no-store',
    headers: {
      ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer = text === '' ? undefined : (JSON.parse(text) as { text?: string });
  if (!response.ok) throw new Error(answer?.text ?? `The server answered ${response.status}.`);
  return answer;
}
