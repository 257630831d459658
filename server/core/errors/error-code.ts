/**
 * Returns the code that the system or a library gave an error, such as `ENOSPC`, or else its name. For logs and for people:
 * messages of errors quote their input, which may be spoken words and file names.
 */
export function errorCode(error: unknown): string {
  const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown };
  const known = code ?? name;
  return typeof known === 'string' ? known : 'unknown';
}
