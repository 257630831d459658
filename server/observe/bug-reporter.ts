import type { ReportBug } from '../ports/bug.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';

/**
 * Reports bugs to the log and the metrics. Failures of the reporting are dropped, because nobody is left to be told.
 */
export function createBugReporter(log: Log, meter: Meter): ReportBug {
  return (error, text, fields = {}) => {
    try {
      meter.fault('server.bug');
      log.error({ ...fields, code: 'server.bug', err: error }, text);
    } catch {
      // A log that cannot be written must not turn one broken connection into the end of all.
    }
  };
}
