import type { TranscriptBounds } from '../ports/transcripts.ts';
import type { Prepare } from './transcript-schema.ts';

/** Thrown inside a transaction, so that it is undone. */
export class BeyondBounds extends Error {}

/** Whether a bound is reached, so that nothing that is said can be added. */
export function isFull({ bytesMax, bytesPerOwnerMax }: TranscriptBounds, prepare: Prepare, owner: string): boolean {
  return (
    (bytesPerOwnerMax > 0 && ofOwner(prepare, owner) >= bytesPerOwnerMax) ||
    (bytesMax > 0 && ofAll(prepare) >= bytesMax)
  );
}

/**
 * Runs `work` inside the caller's transaction and throws `BeyondBounds` when it made more of what is kept than a bound
 * allows. What makes nothing more is always allowed, however much there is: somebody may have lowered the bound.
 */
export function keepWithin<T>(bounds: TranscriptBounds, prepare: Prepare, owner: string, work: () => T): T {
  const { bytesMax, bytesPerOwnerMax } = bounds;
  if (bytesMax === 0 && bytesPerOwnerMax === 0) return work();
  const before = ofOwner(prepare, owner);
  const result = work();
  const after = ofOwner(prepare, owner);
  if (after <= before) return result;
  if (bytesPerOwnerMax > 0 && after > bytesPerOwnerMax) throw new BeyondBounds();
  if (bytesMax > 0 && ofAll(prepare) > bytesMax) throw new BeyondBounds();
  return result;
}

const ofOwner = (prepare: Prepare, owner: string): number =>
  bytesOf(prepare('SELECT sum(bytes) AS bytes FROM transcripts WHERE owner = ?').get(owner));

const ofAll = (prepare: Prepare): number => bytesOf(prepare('SELECT sum(bytes) AS bytes FROM transcripts').get());

const bytesOf = (row: unknown): number => (row as { readonly bytes: number | null }).bytes ?? 0;
