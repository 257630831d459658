import type { OpenRequest } from '../ports/transport.ts';

/** Browsers cannot set headers of a WebSocket, so their credential is a subprotocol of one of these forms. */
const SUBPROTOCOL_FORMS = [/^sotto\.auth\.(.+)$/, /^openai-insecure-api-key\.(.+)$/];

/** Where a request carries its key: as HTTP has it, or as clients of ElevenLabs do. */
const KEY_HEADERS = ['authorization', 'xi-api-key'] as const;

/**
 * Reads the key or token of a request from `Authorization: Bearer …` (or `Token …`, or the bare key), from `xi-api-key`, or from a subprotocol
 * `sotto.auth.…`. Never from the URL, which ends up in logs and histories.
 */
export function readCredential(request: Pick<OpenRequest, 'headers' | 'subprotocols'>): string | undefined {
  const text = textOf(request);
  // An OpenAI client secret is one of our tokens, between the prefix that clients expect and settings.
  return text === undefined ? undefined : (/^ek_([^~]+)/.exec(text)?.[1] ?? text);
}

function textOf(request: Pick<OpenRequest, 'headers' | 'subprotocols'>): string | undefined {
  const header = KEY_HEADERS.map((name) => request.headers[name]?.trim()).find(
    (text) => text !== undefined && text !== '',
  );
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
