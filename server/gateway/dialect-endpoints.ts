import { LIMITS, parseJson } from '../../protocol/index.ts';
import type { Authenticator } from '../ports/authenticator.ts';
import type { DialectContext, HttpEndpoint } from '../ports/dialect.ts';
import { readBodyText } from './body.ts';
import { jsonResponse, toRefusalResponse } from './responses.ts';
import type { AuthorisedRequest, HttpRoute } from './route-table.ts';

/** Builds the route of a short HTTP endpoint that clients of another protocol expect. */
export function buildEndpointRoute(
  endpoint: HttpEndpoint,
  access: Authenticator,
  context: () => DialectContext,
): HttpRoute {
  const { method, path, scope } = endpoint;
  const handle = async ({ request, url, identity }: AuthorisedRequest): Promise<Response> => {
    const text = method === 'POST' ? await readBodyText(request, LIMITS.textBytesMax) : '';
    // Tokens for sessions only: clients of other protocols need nothing else.
    const mint = (seconds: number) => access.mintToken(identity!, seconds, ['stream']);
    const asked = { url: url.pathname + url.search, body: text === '' ? undefined : parseJson(text) };
    const { status, headers, body } = await endpoint.answer(asked, {
      ...context(),
      identity: identity!,
      mintToken: mint,
    });
    return new Response(JSON.stringify(body), {
      status,
      headers: { ...Object.fromEntries(jsonResponse({}, 200).headers), ...headers },
    });
  };
  return {
    ...{ method, scope, path: path.endsWith('/') ? `${path}*` : path, handle },
    refuse: (fault) => toRefusalResponse(fault, endpoint.refuse(fault, context())),
  };
}
