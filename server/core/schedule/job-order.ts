import type { FairShares } from './fair-shares.ts';

/** A decode that waits for a slot. */
export interface WaitingJob {
  readonly id: number;
  readonly session: string;
  readonly final: boolean;
  /** What is decoded once more when it is already final; undefined is live. */
  readonly background?: 'translation' | 'secondHearing' | undefined;
  /** Wall time of the request, ms. */
  readonly sinceMs: number;
}

/** Slot time that halves the weight of a session's waiting, ms: a few finals. */
const FAIR_MS = 1_000;

/**
 * Picks the waiting job that runs next: finals before partials before translations before second hearings. Among finals it is the one that has
 * waited longest, where waiting counts less for a session that has used much slot time lately: no session starves, and one
 * that sends a file as fast as it can does not hold up one with live speech. Among partials it is the one whose session was
 * served longest ago, among the rest the oldest.
 */
export function pickNextJob(waiting: readonly WaitingJob[], shares: FairShares, nowMs: number): WaitingJob | undefined {
  const weight = (job: WaitingJob): number =>
    (nowMs - job.sinceMs + 1) / (1 + shares.usedMs(job.session, nowMs) / FAIR_MS);
  return waiting.toSorted((a, b) => {
    if (rankOf(a) !== rankOf(b)) return rankOf(a) - rankOf(b);
    if (a.background !== undefined) return a.sinceMs - b.sinceMs || a.id - b.id;
    if (a.final) return weight(b) - weight(a) || a.id - b.id;
    const servedFirst = shares.servedMs(a.session) - shares.servedMs(b.session);
    return (Number.isNaN(servedFirst) ? 0 : servedFirst) || a.sinceMs - b.sinceMs || a.id - b.id;
  })[0];
}

function rankOf({ final, background }: WaitingJob): number {
  if (background === undefined) return final ? 0 : 1;
  return background === 'translation' ? 2 : 3;
}
