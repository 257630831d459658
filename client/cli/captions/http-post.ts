import type { DeliveryResult } from './outlet.ts';

/** Longest wait for a response, ms. */
const ANSWER_MS = 10_000;
/** Most characters of a response that are read. */
const BODY_CHARS_MAX = 200;

export interface HttpAnswer {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
}

export interface PostRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Posts to an address of the user's. Redirects are not followed, because they could lead anywhere. Never rejects: a string says what failed. */
export async function sendPost({ url, headers, body }: PostRequest, signal: AbortSignal): Promise<HttpAnswer | string> {
  try {
    const response = await fetch(url, {
      ...{ method: 'POST', headers, body, redirect: 'manual' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    await response.body?.cancel();
    return { status: response.status, retryAfterMs: retryAfterMs(response.headers.get('retry-after')) };
  } catch (error) {
    const { cause, message, name } = error as Error & { cause?: NodeJS.ErrnoException };
    if (name === 'TimeoutError') return `no answer within ${ANSWER_MS / 1_000} s`;
    return (cause?.code ?? cause?.message ?? message).slice(0, BODY_CHARS_MAX);
  }
}

/** Fetches the beginning of a response, however long it is. Rejects when there is none within `timeoutMs`. */
export async function readBeginning(url: URL, timeoutMs: number, signal: AbortSignal): Promise<string | undefined> {
  const response = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (text.length < BODY_CHARS_MAX) {
    const { done = true, value = '' } = (await reader?.read()) ?? {};
    if (done) break;
    text += value;
  }
  await reader?.cancel();
  return response.ok ? text.slice(0, BODY_CHARS_MAX) : undefined;
}

/** Whether a status means that the same request may succeed later. */
export const isTransientStatus = (status: number): boolean => status >= 500 || [408, 425, 429].includes(status);

export const retryLater = (text: string, afterMs?: number): DeliveryResult => ({ kind: 'retry', text, afterMs });

function retryAfterMs(value: string | null): number | undefined {
  const seconds = Number(value);
  return value !== null && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}
