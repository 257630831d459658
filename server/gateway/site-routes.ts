import { jsonResponse, textResponse } from './responses.ts';
import type { AuthorisedRequest, HttpRoute } from './route-table.ts';
import { StaticFiles } from './static-files.ts';

/** What the server publishes about itself over HTTP. */
export interface HttpSite {
  /** Folder of the built pages. */
  readonly webFolder: string;
  info(): object;
  metrics(): Promise<string>;
  ready(): boolean;
  /** Parts that are down, one line each (`cleaner: restarting`); the server may be ready all the same. */
  problems?(): readonly string[];
}

/** Builds the routes of health, information and pages. The pages come last, because they match any path. */
export function buildSiteRoutes(site: HttpSite): readonly HttpRoute[] {
  const files = new StaticFiles(site.webFolder);
  const forBoth = (route: Omit<HttpRoute, 'method'>): HttpRoute[] =>
    (['GET', 'HEAD'] as const).map((method) => ({ ...route, method }));
  return [
    // Metrics reveal when people speak; pages and health reveal nothing about anybody.
    ...forBoth({ path: '/metrics', scope: 'metrics', handle: async () => textResponse(await site.metrics(), 200) }),
    ...forBoth({ path: '/v1/info', scope: 'public', handle: async () => jsonResponse(site.info(), 200) }),
    ...forBoth({ path: '/healthz', scope: 'page', handle: async () => textResponse('ok\n', 200) }),
    // The name that whisper.cpp's server and Speaches gave it; their clients look at the status only.
    ...forBoth({ path: '/health', scope: 'page', handle: async () => jsonResponse({ status: 'ok' }, 200) }),
    ...forBoth({ path: '/readyz', scope: 'page', handle: async () => describeReadiness(site) }),
    ...forBoth({
      ...{ path: '/*', scope: 'page' },
      handle: ({ request, url }: AuthorisedRequest) => files.answer(url.pathname, request.headers.get('if-none-match')),
    }),
  ];
}

/** The first line says whether the server is ready; the others name what is down. */
function describeReadiness(site: HttpSite): Response {
  const isReady = site.ready();
  const lines = [isReady ? 'ready' : 'not ready', ...(site.problems?.() ?? [])];
  return textResponse(`${lines.join('\n')}\n`, isReady ? 200 : 503);
}
