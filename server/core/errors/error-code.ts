/**
 * The code that the system or a library gave an error, such as `ENOSPC`; else its name. For logs and for people: texts of errors
 * quote what they were given, which is words and names of files.
 */
export function errorCode(error: unknown): string {
  const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown };
  const known = code ?? name;
  return typeof known === 'string' ? known : 'unknown';
}
