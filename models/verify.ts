import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

export type VerificationResult =
  | { readonly ok: true; readonly bytes: number; readonly sha256: string }
  | { readonly ok: false; readonly problem: string };

/** Compares a file's size and hash with the expected ones. A missing file is a result, not an error. */
export async function verifyFile(
  path: string,
  expected: { readonly bytes: number; readonly sha256: string },
): Promise<VerificationResult> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return { ok: false, problem: 'it is not there' };
  if (found.size !== expected.bytes)
    return { ok: false, problem: `it has ${found.size} bytes instead of ${expected.bytes}` };
  const sha256 = await hashFile(path);
  if (sha256 !== expected.sha256)
    return { ok: false, problem: `its sha256 is ${sha256} instead of ${expected.sha256}` };
  return { ok: true, bytes: found.size, sha256 };
}

export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
