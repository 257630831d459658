import { FAULTS } from '../../protocol/index.ts';
import type { ErrorInfo, HttpRefusal } from '../ports/dialect.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** Seconds after which a client that was refused for lack of capacity may retry. */
const RETRY_AFTER_SECONDS = '5';

export function textResponse(body: string, status: number): Response {
  return new Response(body, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...SECURITY_HEADERS } });
}

export function jsonResponse(body: object, status: number): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...SECURITY_HEADERS },
  });
}

/** A fault in the format of our own protocol, with the HTTP headers that its status needs. */
export function toFaultResponse(fault: ErrorInfo): Response {
  const { http, retry } = FAULTS[fault.code];
  const body = { type: 'fault', code: fault.code, text: fault.message, retry };
  const response = jsonResponse(body, http);
  if (http === 401) response.headers.set('www-authenticate', 'Bearer');
  if (http === 503) response.headers.set('retry-after', RETRY_AFTER_SECONDS);
  return response;
}

/** A fault in the format of another protocol, with the HTTP headers that its status needs. */
export function toRefusalResponse(fault: ErrorInfo, refusal: HttpRefusal): Response {
  const headers = { ...Object.fromEntries(toFaultResponse(fault).headers), ...refusal.headers };
  return new Response(JSON.stringify(refusal.body), { status: refusal.status, headers });
}
