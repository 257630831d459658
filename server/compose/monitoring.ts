import { guardClock } from '../flow/guarded-clock.ts';
import { createBugReporter } from '../observe/bug-reporter.ts';
import { systemClock } from '../observe/clock.ts';
import { createMeter } from '../observe/meter.ts';
import { Metrics } from '../observe/metrics.ts';
import type { ReportBug } from '../ports/bug.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';

/** Metrics, the reporting of bugs, and a clock that reports what its timers throw. */
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
  // A timer of a session or a connection that throws ends it; one of the server itself ends nothing.
  const clock = guardClock(systemClock, (error) => reportBug(error, 'a bug in a timer'));
  return { metrics, meter, reportBug, clock };
}
