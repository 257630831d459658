import type { TranscriptBounds } from '../ports/transcripts.ts';
import type { PrepareStatement } from './transcript-schema.ts';

/** Thrown inside a transaction, so that it is undone. */
export class BoundExceededError extends Error {}

/** Whether a bound is reached, so that nothing that is said can be added. */
export function isBoundReached(
  { bytesMax, bytesPerOwnerMax }: TranscriptBounds,
  prepare: PrepareStatement,
  owner: string,
): boolean {
  return (
    (bytesPerOwnerMax > 0 && ofOwner(prepare, owner) >= bytesPerOwnerMax) ||
    (bytesMax > 0 && ofAll(prepare) >= bytesMax)
  );
}

/**
 * Runs `work` inside the caller's transaction and throws `BoundExceededError` when it made more of what is kept than a bound
 * allows. What makes nothing more is always allowed, however much there is: somebody may have lowered the bound.
 */
export function runWithinBounds<T>(
  bounds: TranscriptBounds,
  prepare: PrepareStatement,
  owner: string,
  work: () => T,
): T {
  const { bytesMax, bytesPerOwnerMax } = bounds;
  if (bytesMax === 0 && bytesPerOwnerMax === 0) return work();
  const before = ofOwner(prepare, owner);
  const result = work();
  const after = ofOwner(prepare, owner);
  if (after <= before) return result;
  if (bytesPerOwnerMax > 0 && after > bytesPerOwnerMax) throw new BoundExceededError();
  if (bytesMax > 0 && ofAll(prepare) > bytesMax) throw new BoundExceededError();
  return result;
}

const ofOwner = (prepare: PrepareStatement, owner: string): number =>
  bytesOf(prepare('SELECT sum(bytes) AS bytes FROM transcripts WHERE owner = ?').get(owner));

const ofAll = (prepare: PrepareStatement): number =>
  bytesOf(prepare('SELECT sum(bytes) AS bytes FROM transcripts').get());

const bytesOf = (row: unknown): number => (row as { readonly bytes: number | null }).bytes ?? 0;
