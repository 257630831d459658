import type { TranscriptBounds } from '../ports/transcripts.ts';
import type { PrepareStatement } from './transcript-schema.ts';

/** Thrown inside a transaction to roll it back. */
export class BoundExceededError extends Error {}

/** Whether a bound is reached, so that no more speech can be added. */
export function isBoundReached(
  { bytesMax, bytesPerOwnerMax }: TranscriptBounds,
  prepare: PrepareStatement,
  owner: string,
): boolean {
  return (
    (bytesPerOwnerMax > 0 && countOwnerBytes(prepare, owner) >= bytesPerOwnerMax) ||
    (bytesMax > 0 && countAllBytes(prepare) >= bytesMax)
  );
}

/**
 * Runs `work` inside the caller's transaction and throws `BoundExceededError` when it added more than a bound allows.
 * Work that adds nothing is always allowed, however much is stored: somebody may have lowered the bound.
 */
export function runWithinBounds<T>(
  bounds: TranscriptBounds,
  prepare: PrepareStatement,
  owner: string,
  work: () => T,
): T {
  const { bytesMax, bytesPerOwnerMax } = bounds;
  if (bytesMax === 0 && bytesPerOwnerMax === 0) return work();
  const before = countOwnerBytes(prepare, owner);
  const result = work();
  const after = countOwnerBytes(prepare, owner);
  if (after <= before) return result;
  if (bytesPerOwnerMax > 0 && after > bytesPerOwnerMax) throw new BoundExceededError();
  if (bytesMax > 0 && countAllBytes(prepare) > bytesMax) throw new BoundExceededError();
  return result;
}

const countOwnerBytes = (prepare: PrepareStatement, owner: string): number =>
  readBytes(prepare('SELECT sum(bytes) AS bytes FROM transcripts WHERE owner = ?').get(owner));

const countAllBytes = (prepare: PrepareStatement): number =>
  readBytes(prepare('SELECT sum(bytes) AS bytes FROM transcripts').get());

const readBytes = (row: unknown): number => (row as { readonly bytes: number | null }).bytes ?? 0;
