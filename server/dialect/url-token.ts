/** `?token=…`, for clients that cannot send a credential any other way. */
export function readUrlToken(url: string): string | undefined {
  return new URLSearchParams(url.split('?')[1] ?? '').get('token') ?? undefined;
}
