import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { FAULTS, Fault, getOwnEntry } from '../../protocol/index.ts';
import { decodePathSegment } from '../core/url/percent-escapes.ts';
import type { ErrorInfo } from '../ports/dialect.ts';

/** What the HTTP side shows of the server. */
export interface HttpSite {
  /** Folder of the built page. */
  readonly webFolder: string;
  info(): object;
  metrics(): Promise<string>;
  ready(): boolean;
  /** Parts that are down, one line each (`cleaner: restarting`); the server may be ready all the same. */
  problems?(): readonly string[];
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.map': 'application/json',
  '.webmanifest': 'application/manifest+json',
};

/** Addresses of the pages and their files; `client/web/build.mjs` makes the files. */
const PAGES: Readonly<Record<string, string>> = {
  '/': '/index.html',
  '/captions': '/captions.html',
  '/overlay': '/overlay.html',
  '/overlay/settings': '/overlay-settings.html',
  '/meeting': '/meeting.html',
};

/** Nothing from elsewhere, nothing inline, nobody may frame the page. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'microphone=(self), display-capture=(self), camera=(), geolocation=()',
};

/** Answers everything that is not a WebSocket. */
export async function answerRequest(request: Request, site: HttpSite): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return toFaultResponse(new Fault('http.unknown', { path: `${request.method} ${pathname}` }));
  switch (pathname) {
    case '/healthz':
      return text('ok\n', 200);
    case '/readyz':
      return readiness(site);
    case '/metrics':
      return text(await site.metrics(), 200);
    case '/v1/info':
      return jsonResponse(site.info(), 200);
    default:
      return file(getOwnEntry(PAGES, pathname) ?? pathname, site.webFolder);
  }
}

/** The first line says whether, those that follow what is down. */
function readiness(site: HttpSite): Response {
  const isReady = site.ready();
  const lines = [isReady ? 'ready' : 'not ready', ...(site.problems?.() ?? [])];
  return text(`${lines.join('\n')}\n`, isReady ? 200 : 503);
}

export function toFaultResponse(fault: ErrorInfo): Response {
  const { http, retry } = FAULTS[fault.code];
  const body = { type: 'fault', code: fault.code, text: fault.message, retry };
  const response = jsonResponse(body, http);
  if (http === 401) response.headers.set('www-authenticate', 'Bearer');
  if (http === 503) response.headers.set('retry-after', '5');
  return response;
}

async function file(pathname: string, folder: string): Promise<Response> {
  const type = getOwnEntry(TYPES, extname(pathname));
  const path = normalize(decodePathSegment(pathname));
  if (type === undefined || path.includes('..')) return toFaultResponse(new Fault('http.unknown', { path: pathname }));
  try {
    const bytes = await readFile(join(folder, path));
    return new Response(bytes, { headers: { 'content-type': type, 'cache-control': 'no-cache', ...SECURITY_HEADERS } });
  } catch {
    return toFaultResponse(new Fault('http.unknown', { path: pathname }));
  }
}

function text(body: string, status: number): Response {
  return new Response(body, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...SECURITY_HEADERS } });
}

export function jsonResponse(body: object, status: number): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...SECURITY_HEADERS },
  });
}
