/** A decode that waits for a slot. */
export interface WaitingJob {
  readonly id: number;
  readonly session: string;
  readonly final: boolean;
  /** Wall time it was asked for, ms. */
  readonly sinceMs: number;
}

/**
 * Which waiting job runs next: finals before partials; among finals the oldest; among partials the session that was
 * served longest ago, so one talkative session does not starve another.
 */
export function next(waiting: readonly WaitingJob[], servedMs: ReadonlyMap<string, number>): WaitingJob | undefined {
  return waiting.toSorted((a, b) => {
    if (a.final !== b.final) return a.final ? -1 : 1;
    if (a.final) return a.sinceMs - b.sinceMs || a.id - b.id;
    return (servedMs.get(a.session) ?? 0) - (servedMs.get(b.session) ?? 0) || a.sinceMs - b.sinceMs;
  })[0];
}
