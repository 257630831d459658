/**
 * Seed of everything random in the tests. It is the same on every run, so that a failure is never chance; `SOTTO_SEED=N`
 * tries another, and the runner prints which one it was.
 */
export const SEED = Number(process.env['SOTTO_SEED'] ?? 1);

if (!Number.isSafeInteger(SEED))
  throw new Error(`SOTTO_SEED is ${process.env['SOTTO_SEED']}, and has to be a whole number.`);
