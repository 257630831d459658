import { FAULTS } from './fault-table.ts';
import { hasOwnKey } from './own-entry.ts';

export * from './fault-table.ts';

export type FaultCode = keyof typeof FAULTS;
export type FaultData<C extends FaultCode> = Parameters<(typeof FAULTS)[C]['text']>[0];

/** The only error class that crosses module boundaries. Match on `code`, never on the text. Anything else thrown is a bug. */
export class Fault<C extends FaultCode = FaultCode> extends Error {
  readonly code: C;
  readonly data: FaultData<C>;

  constructor(code: C, data: FaultData<C>, options?: { cause?: unknown }) {
    super((FAULTS[code].text as (data: FaultData<C>) => string)(data));
    if (options?.cause !== undefined) this.cause = options.cause;
    this.name = 'Fault';
    this.code = code;
    this.data = data;
  }
}

/** Whether an unknown error is a fault. Unlike `instanceof`, it works across copies of this module. */
export function isFault(error: unknown): error is Fault {
  return error instanceof Error && error.name === 'Fault' && 'code' in error && hasOwnKey(FAULTS, String(error.code));
}

/** The fault itself. An error that nobody expected becomes `server.bug`, with the error as its cause. */
export const toFault = (error: unknown): Fault =>
  isFault(error) ? error : new Fault('server.bug', {}, { cause: error });
