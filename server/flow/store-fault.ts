import { Fault } from '../../protocol/index.ts';
import { errorCode } from '../core/errors/error-code.ts';

/** The fault for a failure of the database or of its thread; undefined for any other error, which is a bug. */
export function toStoreFault(error: unknown): Fault | undefined {
  const code = errorCode(error);
  if (!/^(SQLITE_|STORE_UNAVAILABLE$)/.test(code)) return undefined;
  return new Fault('transcript.failed', { problem: code }, { cause: error });
}
