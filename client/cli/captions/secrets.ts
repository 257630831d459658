import { readFileSync } from 'node:fs';
import { UserError } from '../output/user-error.ts';

export interface Secret {
  /** Environment variable. */
  readonly variable: string;
  /** File the user named. */
  readonly file: string | undefined;
}

/** Reads a secret from a file or the environment; on a command line, every program of the machine could read it. */
export function readSecret({ variable, file }: Secret): string | undefined {
  if (file === undefined) return process.env[variable]?.trim() || undefined;
  try {
    const text = readFileSync(file, 'utf8').trim();
    if (text !== '') return text;
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${(error as Error).message}`);
  }
  throw new UserError(`${file} is empty.`);
}

/** Reads a secret that must exist and be an HTTP address. */
export function readSecretAddress(secret: Secret, what: string): string {
  const text = readSecret(secret);
  if (text === undefined) throw new UserError(`${what} is missing: set ${secret.variable}, or give it in a file.`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new UserError(`${what} is no address that begins with https:// or http://.`);
  return text;
}
