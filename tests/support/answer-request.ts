import { toFault } from '../../protocol/index.ts';
import { toFaultResponse } from '../../server/gateway/responses.ts';
import { findRoute } from '../../server/gateway/route-table.ts';
import { buildSiteRoutes, type HttpSite } from '../../server/gateway/site-routes.ts';

/** What the server would answer of its own site, with no gateway before it: pages, health and information. */
export async function answerRequest(request: Request, site: HttpSite): Promise<Response> {
  const url = new URL(request.url);
  const found = findRoute(buildSiteRoutes(site), request.method, url.pathname);
  const authorised = { request, url, remoteAddress: '127.0.0.1', identity: undefined, viewer: undefined };
  try {
    return await found!.route.handle({ ...authorised, params: found!.params });
  } catch (error) {
    return toFaultResponse(toFault(error));
  }
}
