import { FAULTS, Fault, isFault } from '../../protocol/index.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import { runEach } from './run-each.ts';

/** A wrong setting in mid-stream changes nothing; every other fault ends its session. */
const HARMLESS: readonly string[] = ['command.option', 'command.unknown', 'command.unreadable'];

export interface FaultReporterSetup {
  readonly session: string;
  readonly log: Log;
  readonly meter: Meter;
  /** Tells the client. May throw, and may report what it could not tell. */
  tell(fault: Fault, isFatal: boolean): void;
  /** Leaves a client that does not read. */
  cutOff(): void;
  /** Ends the session, whatever fails meanwhile. */
  end(status: number, reason: string): void;
}

/** What becomes of a session's errors: each is counted, logged and told, and most end the session. Never throws. */
export class FaultReporter {
  readonly #setup: FaultReporterSetup;
  #isReporting = false;

  constructor(setup: FaultReporterSetup) {
    this.#setup = setup;
  }

  /** A failure of the reporting itself, such as a fault that cannot be told, is logged and ends the session. */
  report(error: unknown): void {
    if (this.#isReporting) return this.#endWith(error);
    this.#isReporting = true;
    try {
      this.#report(isFault(error) ? error : new Fault('server.bug', {}, { cause: error }));
    } catch (other) {
      this.#endWith(other);
    } finally {
      this.#isReporting = false;
    }
  }

  logBug(error: unknown): void {
    const { log, session } = this.#setup;
    log.error({ session, err: error }, 'a bug ended a session');
  }

  /** Runs every step of an end, whatever becomes of the others; what one of them throws is logged. */
  runEach(steps: readonly (() => void)[]): void {
    runEach(steps, (error) => this.logBug(error));
  }

  #report(fault: Fault): void {
    const { session, log, meter, tell, cutOff, end } = this.#setup;
    meter.fault(fault.code);
    if (fault.code === 'server.bug') this.logBug(fault.cause ?? fault);
    else log.info({ session, code: fault.code }, 'a fault');
    if (fault.code === 'client.slow') return cutOff();
    const isFatal = !HARMLESS.includes(fault.code);
    tell(fault, isFatal);
    if (isFatal) end(FAULTS[fault.code].close, fault.code);
  }

  #endWith(error: unknown): void {
    this.logBug(error);
    this.#setup.end(FAULTS['server.bug'].close, 'server.bug');
  }
}
