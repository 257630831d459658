import type { FairShares } from './fair-shares.ts';

/** A decode that waits for a slot. */
export interface WaitingJob {
  readonly id: number;
  readonly session: string;
  readonly final: boolean;
  /** A stretch of a recording, or what is decoded once more when it is already final; undefined is live. */
  readonly background?: 'recording' | 'translation' | 'secondHearing' | 'rehearing' | undefined;
  /** Wall time of the request, ms. */
  readonly sinceMs: number;
}

/** Slot time that halves the weight of a session's waiting, ms: a few finals. */
const FAIR_MS = 1_000;

/** After this long, a decode of a recording is as urgent as any final, so that it comes to an end under every load, ms. */
const RECORDING_WAIT_MAX_MS = 10_000;

/** Whether a decode hears sentences again that are final already. */
export const isHearingAgain = ({ background }: WaitingJob): boolean =>
  background === 'secondHearing' || background === 'rehearing';

/** Whether live decodes go before a job, even when it runs already. */
export function yieldsToLive({ background, sinceMs }: WaitingJob, nowMs: number): boolean {
  return background !== undefined && (background !== 'recording' || nowMs - sinceMs < RECORDING_WAIT_MAX_MS);
}

/**
 * Picks the waiting job that runs next: finals before partials before recordings before translations before second hearings
 * before those of stored transcripts.
 * Among finals it is the one that has waited longest, where waiting counts less for a session that has used much slot time lately: no session starves, and one
 * that sends a file as fast as it can does not hold up one with live speech. Among partials it is the one whose session was
 * served longest ago, among the rest the oldest.
 */
export function pickNextJob(waiting: readonly WaitingJob[], shares: FairShares, nowMs: number): WaitingJob | undefined {
  const weight = (job: WaitingJob): number =>
    (nowMs - job.sinceMs + 1) / (1 + shares.usedMs(job.session, nowMs) / FAIR_MS);
  return waiting.toSorted((a, b) => {
    const [rankA, rankB] = [rankOf(a, nowMs), rankOf(b, nowMs)];
    if (rankA !== rankB) return rankA - rankB;
    if (a.background !== undefined) return a.sinceMs - b.sinceMs || a.id - b.id;
    if (a.final) return weight(b) - weight(a) || a.id - b.id;
    const servedFirst = shares.servedMs(a.session) - shares.servedMs(b.session);
    return (Number.isNaN(servedFirst) ? 0 : servedFirst) || a.sinceMs - b.sinceMs || a.id - b.id;
  })[0];
}

const BACKGROUND_RANKS = { recording: 2, translation: 3, secondHearing: 4, rehearing: 5 } as const;

function rankOf(job: WaitingJob, nowMs: number): number {
  if (job.background !== undefined && yieldsToLive(job, nowMs)) return BACKGROUND_RANKS[job.background];
  return job.final ? 0 : 1;
}
