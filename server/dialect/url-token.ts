/** `?token=…`, for clients that can put a credential nowhere else. */
export function readUrlToken(url: string): string | undefined {
  return new URLSearchParams(url.split('?')[1] ?? '').get('token') ?? undefined;
}
