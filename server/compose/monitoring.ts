import { guardClock } from '../flow/guarded-clock.ts';
import { createBugReporter } from '../observe/bug-reporter.ts';
import { systemClock } from '../observe/clock.ts';
import { createMeter } from '../observe/meter.ts';
import { Metrics } from '../observe/metrics.ts';
import type { ReportBug } from '../ports/bug.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';

/** How the server sees itself: its numbers, its bugs, and a clock that reports what its timers throw. */
export interface Monitoring {
  readonly metrics: Metrics;
  readonly meter: Meter;
  readonly reportBug: ReportBug;
  readonly clock: Clock;
}

export function openMonitoring(log: Log): Monitoring {
  const metrics = new Metrics();
  const meter = createMeter(metrics);
  const reportBug = createBugReporter(log, meter);
  // Timers of sessions and connections end those; one that belongs to the whole server ends nothing.
  const clock = guardClock(systemClock, (error) => reportBug(error, 'a bug in a timer'));
  return { metrics, meter, reportBug, clock };
}
