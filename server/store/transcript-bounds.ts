import type { TranscriptBounds } from '../ports/transcripts.ts';
import type { Statement } from './transcript-schema.ts';

type Prepare = (sql: string) => Statement;

/** Thrown inside a transaction, so that it is undone. */
export class BeyondBounds extends Error {}

/**
 * Runs `work` inside the caller's transaction and throws `BeyondBounds` when it made more of what is kept than a bound
 * allows. What makes nothing more is always allowed, however much there is: somebody may have lowered the bound.
 */
export function keepWithin<T>(bounds: TranscriptBounds, prepare: Prepare, owner: string, work: () => T): T {
  const { bytesMax, bytesPerOwnerMax } = bounds;
  const ofOwner = (): number => sum(prepare('SELECT sum(bytes) AS bytes FROM transcripts WHERE owner = ?').get(owner));
  const ofAll = (): number => sum(prepare('SELECT sum(bytes) AS bytes FROM transcripts').get());
  if (bytesMax === 0 && bytesPerOwnerMax === 0) return work();
  const before = ofOwner();
  const result = work();
  const after = ofOwner();
  if (after <= before) return result;
  if (bytesPerOwnerMax > 0 && after > bytesPerOwnerMax) throw new BeyondBounds();
  if (bytesMax > 0 && ofAll() > bytesMax) throw new BeyondBounds();
  return result;
}

const sum = (row: unknown): number => (row as { readonly bytes: number | null }).bytes ?? 0;
