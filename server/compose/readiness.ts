import type { Cleaner } from '../ports/cleaner.ts';

/** Time without a worker after which the server is not ready, ms: starting a new one takes a second or two. */
const WORKERLESS_MS = 10_000;

export interface Readiness {
  /** Whether new sessions can be served. */
  readonly isReady: boolean;
  /** Parts that are down, one line each, for `/readyz`. */
  readonly problems: readonly string[];
}

/** Checks the state of the parts. Without a cleaner the rules clean instead, so the server is still ready. */
export function checkReadiness(parts: {
  readonly recogniser: { readonly downMs: number };
  readonly cleaner: Pick<Cleaner, 'isRunning'> | undefined;
  readonly isStopping: boolean;
}): Readiness {
  const { recogniser, cleaner, isStopping } = parts;
  return {
    isReady: !isStopping && recogniser.downMs < WORKERLESS_MS,
    problems: [
      ...(isStopping ? ['server: stopping'] : []),
      ...(recogniser.downMs > 0 ? [`recogniser: restarting for ${Math.ceil(recogniser.downMs / 1_000)} s`] : []),
      ...(cleaner?.isRunning === false ? ['cleaner: restarting'] : []),
    ],
  };
}
