import type { Cleaner } from '../ports/cleaner.ts';

/** Without a worker for so long the server is not ready, ms: a new one takes a second or two. */
const WORKERLESS_MS = 10_000;

export interface Readiness {
  /** Whether new sessions are served. */
  readonly isReady: boolean;
  /** Parts that are down, one line each, for `/readyz`. */
  readonly problems: readonly string[];
}

/** How the parts stand. Without a cleaner the rules do its work, so the server is ready all the same. */
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
