import type { Meter } from '../ports/meter.ts';
import type { Metrics } from './metrics.ts';

/** Reports the flow's measurements as Prometheus metrics. */
export function createMeter(metrics: Metrics): Meter {
  return {
    decoded: (kind, waitMs, decodeMs) => {
      metrics.waitSeconds.observe({ kind }, waitMs / 1000);
      metrics.decodeSeconds.observe({ kind }, decodeMs / 1000);
    },
    queued: (jobs) => metrics.waiting.set(jobs),
    load: (busy, cadence) => {
      metrics.busy.set(busy);
      metrics.cadence.set(cadence);
    },
    audio: (seconds) => metrics.audioSeconds.inc(seconds),
    opened: (live) => {
      metrics.sessionsTotal.inc();
      metrics.sessions.set(live);
    },
    ended: (live) => metrics.sessions.set(live),
    refused: () => metrics.refused.inc(),
    delay: (kind, ms) => metrics.delaySeconds.observe({ kind }, ms / 1000),
    heardAgain: (outcome, behindMs) => metrics.secondHearingSeconds.observe({ outcome }, behindMs / 1000),
    revised: () => metrics.revised.inc(),
    finished: () => metrics.finals.inc(),
    fault: (code) => metrics.faults.inc({ code }),
    journal: (bytes) => metrics.journalBytes.set(bytes),
    unjournalled: () => metrics.unjournalled.inc(),
    viewers: (count) => metrics.viewers.set(count),
    viewerCut: () => metrics.viewersCut.inc(),
  };
}
