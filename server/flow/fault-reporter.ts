import { FAULTS, Fault, isFault } from '../../protocol/index.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import { runEach } from './run-each.ts';

/** A wrong setting in mid-stream changes nothing; every other fault ends its session. */
const NON_FATAL: readonly string[] = ['command.option', 'command.unknown', 'command.unreadable'];

export interface FaultReporterSetup {
  readonly session: string;
  readonly log: Log;
  readonly meter: Meter;
  /** Sends the fault to the client. May throw, and may report its own failure. */
  sendFault(fault: Fault, isFatal: boolean): void;
  /** Disconnects a client that does not read. */
  onSlowClient(): void;
  /** Ends the session, whatever fails meanwhile. */
  endSession(status: number, reason: string): void;
}

/** Handles a session's errors: counts, logs and reports each, and ends the session for most. Never throws. */
export class FaultReporter {
  readonly #setup: FaultReporterSetup;
  #isReporting = false;

  constructor(setup: FaultReporterSetup) {
    this.#setup = setup;
  }

  /** A failure of the reporting itself, such as a fault that cannot be sent, is logged and ends the session. */
  report(error: unknown): void {
    if (this.#isReporting) return this.#endWithBug(error);
    this.#isReporting = true;
    try {
      this.#report(isFault(error) ? error : new Fault('server.bug', {}, { cause: error }));
    } catch (other) {
      this.#endWithBug(other);
    } finally {
      this.#isReporting = false;
    }
  }

  logBug(error: unknown): void {
    const { log, session } = this.#setup;
    log.error({ session, err: error }, 'a bug ended a session');
  }

  /** Runs every step of a shutdown even if others throw; exceptions are logged. */
  runEach(steps: readonly (() => void)[]): void {
    runEach(steps, (error) => this.logBug(error));
  }

  #report(fault: Fault): void {
    const { session, log, meter, sendFault, onSlowClient, endSession } = this.#setup;
    meter.fault(fault.code);
    if (fault.code === 'server.bug') this.logBug(fault.cause ?? fault);
    else log.info({ session, code: fault.code }, 'a fault');
    if (fault.code === 'client.slow') return onSlowClient();
    const isFatal = !NON_FATAL.includes(fault.code);
    sendFault(fault, isFatal);
    if (isFatal) endSession(FAULTS[fault.code].close, fault.code);
  }

  #endWithBug(error: unknown): void {
    this.logBug(error);
    this.#setup.endSession(FAULTS['server.bug'].close, 'server.bug');
  }
}
