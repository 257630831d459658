import type { OpenRequest } from '../ports/transport.ts';

/** A browser can set no header of a WebSocket; its credential comes as a subprotocol of this form. */
const SUBPROTOCOL_FORMS = [/^sotto\.auth\.(.+)$/, /^openai-insecure-api-key\.(.+)$/];

/**
 * The key or token of a request: `Authorization: Bearer …` (or `Token …`, or the bare key), or a subprotocol
 * `sotto.auth.…`. Never the URL, which ends in logs and histories.
 */
export function readCredential(request: Pick<OpenRequest, 'headers' | 'subprotocols'>): string | undefined {
  const text = textOf(request);
  // OpenAI's client secrets are our tokens between a prefix its clients look for and settings.
  return text === undefined ? undefined : (/^ek_([^~]+)/.exec(text)?.[1] ?? text);
}

function textOf(request: Pick<OpenRequest, 'headers' | 'subprotocols'>): string | undefined {
  const header = request.headers['authorization']?.trim();
  if (header !== undefined && header !== '') return /^(?:bearer|token)\s+(\S+)$/i.exec(header)?.[1] ?? header;
  for (const [at, name] of request.subprotocols.entries()) {
    for (const form of SUBPROTOCOL_FORMS) {
      const match = form.exec(name);
      if (match !== null) return match[1];
    }
    if (/^(token|bearer)$/i.test(name)) return request.subprotocols[at + 1];
  }
  return undefined;
}
