import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServerOffer } from '../core/session/resolve-settings.ts';
import { getPackageRoot } from '../engine/native/locate.ts';
import type { HttpSite } from '../gateway/site-routes.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Engines } from './engines.ts';
import type { Measuring } from './measuring.ts';
import { checkReadiness } from './readiness.ts';
import type { Storage } from './storage.ts';

/** Builds what the server publishes about itself over HTTP: its pages, `/v1/info`, `/metrics` and `/readyz`. */
export function buildSite({
  engines,
  storage,
  offer,
  measuring,
  sessionsMax,
  needsKey,
  metrics,
  registry,
  isStopping,
}: {
  readonly engines: Engines;
  readonly storage: Storage;
  readonly offer: ServerOffer;
  readonly measuring: Pick<Measuring, 'streams'>;
  readonly sessionsMax: number;
  readonly needsKey: boolean;
  readonly metrics: Metrics;
  readonly registry: { readonly size: number };
  readonly isStopping: () => boolean;
}): HttpSite {
  const { recogniser, cleaner, info, turnDetector } = engines;
  const readiness = () => checkReadiness({ recogniser, cleaner, isStopping: isStopping() });
  return {
    webFolder: locateWebFolder(),
    info: () => ({
      ...offer,
      engine: info.engine,
      turnDetector: turnDetector === undefined ? 'none' : 'smart-turn',
      sessions: registry.size,
      ...{ sessionsMax, streams: measuring.streams, needsKey },
      ...storage.transcripts.info,
    }),
    metrics: () => metrics.render(recogniser.restarts),
    ready: () => readiness().isReady,
    problems: () => readiness().problems,
  };
}

/** Folder of the built pages, when run from the sources as well as from `dist`. */
function locateWebFolder(): string {
  return join(getPackageRoot(`${dirname(fileURLToPath(import.meta.url))}/x`), 'dist', 'client', 'web');
}
