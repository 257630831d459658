/** How the user passes a key to the command that failed. */
const KEY_ADVICE = 'This server requires a key: put it into SOTTO_KEY, or pass --key.';

/**
 * One line for the user about anything that was thrown or received as a fault. The server's own text for a missing credential is about
 * HTTP headers, so `keyAdvice` replaces it.
 */
export function describeError(error: unknown, keyAdvice = KEY_ADVICE): string {
  if (codeOf(error) === 'auth.missing') return keyAdvice;
  return error instanceof Error ? error.message : String(error);
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
