import { resolveDataFolder } from '../config/folders.ts';
import type { Config } from '../config/options.ts';
import { estimateStreamCapacity } from '../core/schedule/load.ts';
import { DIALECT_ROUTES, HTTP_ROUTES } from '../dialect/routes.ts';
import { restoreSessions } from '../flow/restore-sessions.ts';
import { Gateway } from '../gateway/gateway.ts';
import { systemClock } from '../observe/clock.ts';
import { openLog } from '../observe/log.ts';
import type { ReportBug } from '../ports/bug.ts';
import { MeasurementFile } from '../store/measurement-file.ts';
import { CleanupStack } from './cleanup-stack.ts';
import { openEngines } from './engines.ts';
import { buildGatewayLimits } from './gateway-limits.ts';
import { buildGreeting } from './greeting.ts';
import { measureRunningModels } from './measured-models.ts';
import { Measuring } from './measuring.ts';
import { openMonitoring } from './monitoring.ts';
import { OPENERS, type Openers } from './openers.ts';
import { createExtraModelRecogniser, createRehearings } from './rehearings.ts';
import { openRooms } from './rooms.ts';
import { selectModels } from './select-models.ts';
import { buildOffer, buildSessionParts, findUnusedSecondModel } from './session-parts.ts';
import { buildSite } from './site.ts';
import { openStorage } from './storage.ts';
import { formatUrl } from './transport.ts';

export interface RunningServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Lines to print: model, engine, number of streams. */
  readonly greeting: string;
  /** Logs and counts an error that nobody expected. */
  readonly reportBug: ReportBug;
  /** Refuses new sessions, lets live ones finish within the drain timeout, then stops. */
  close(): Promise<void>;
}

/**
 * Opens every part of the server and listens. Rejects with a fault that says what is wrong, after closing everything that was
 * already open.
 * @param report Prints a line about what was measured after the start.
 */
export async function startServer(
  config: Config,
  open: Openers = OPENERS,
  report: (line: string) => void = () => {},
): Promise<RunningServer> {
  const cleanup = new CleanupStack();
  try {
    return await openServer(config, { open, cleanup, report });
  } catch (error) {
    // Report why the start failed, not what failed after that.
    await cleanup.run().catch(() => {});
    throw error;
  }
}

interface StartParts {
  readonly open: Openers;
  readonly cleanup: CleanupStack;
  readonly report: (line: string) => void;
}

async function openServer(asked: Config, { open, cleanup, report }: StartParts): Promise<RunningServer> {
  const log = openLog(asked['log-level']);
  const folder = resolveDataFolder(asked, process.env);
  const file = new MeasurementFile(folder);
  const config = selectModels(asked, file.read());
  const access = open.access(config, folder, log);
  const certificate = await open.certificate(config, folder, log);
  const createTransport = await open.transport(config, certificate);
  const engines = await openEngines(config, { log, open, cleanup });
  const monitoring = openMonitoring(log);
  const storage = await openStorage(config, { folder, log, meter: monitoring.meter, open, cleanup });
  const { rooms, viewing } = openRooms({ config, folder, ...monitoring });

  const models = await measureRunningModels(config, asked, engines, { file, log });
  const offer = { ...buildOffer(config, engines), isEnglishSmall: models.isEnglishSmall };
  const recogniser = cleanup.add(createExtraModelRecogniser(config, engines, log));
  const parts = buildSessionParts(config, { engines, recogniser, monitoring, storage, rooms, offer, log });
  const { recorder, createRoutes } = storage.transcripts;
  const rehearings = cleanup.add(createRehearings({ parts, engines, recogniser, recorder }));
  const isChoosing = asked.model === 'auto';
  const measuring = new Measuring({
    ...{ config, isChoosing, models, parts, recogniser: engines.recogniser, file, monitoring, log, report },
  });
  const limits = buildGatewayLimits(config, measuring.streams ?? estimateStreamCapacity(models.own.realTimeFactor));
  let closing: Promise<void> | undefined;
  const site = buildSite({
    ...{ engines, storage, offer, measuring, sessionsMax: limits.sessionsMax, needsKey: access.needsKey },
    ...{ metrics: monitoring.metrics, registry: parts.registry, isStopping: () => closing !== undefined },
  });
  const http = { routes: HTTP_ROUTES, decoder: engines.decoder, transcripts: createRoutes(rehearings) };
  const gateway = new Gateway(parts, site, DIALECT_ROUTES, access, { ...limits, viewing, http });
  const transport = cleanup.add(createTransport(gateway, monitoring.reportBug));
  // Before clients can ask for them. If the start still fails, their journals stay for the next one.
  if (storage.journals !== undefined) restoreSessions(storage.journals, parts);
  cleanup.defer(() => parts.registry.destroy());
  const port = await transport.listen(config.host, config.port);
  const wyoming = await open.wyoming(config, { parts, site, bounds: limits, reportBug: monitoring.reportBug });
  if (wyoming !== undefined) cleanup.add(wyoming);
  cleanup.add(measuring);
  measuring.start();

  const url = formatUrl(certificate === undefined ? 'http' : 'https', config.host, port);
  const selfSigned = config['tls-self-signed'] ? certificate?.certPath : undefined;
  const drain = async (): Promise<void> => {
    gateway.drain();
    wyoming?.drain();
    await parts.registry.drain(new Promise((resolve) => systemClock.setTimer(config['drain-timeout-ms'], resolve)));
    rooms.close();
    await cleanup.run();
  };
  const close = (): Promise<void> => (closing ??= drain());
  return {
    ...{ url, port, reportBug: monitoring.reportBug, close, [Symbol.asyncDispose]: close },
    greeting: buildGreeting({
      ...{ url, engines, selfSigned, wyoming: wyoming?.address },
      ...{ streams: measuring.streamsText, choice: measuring.choiceText, better: measuring.betterTexts },
      isEnglishSmall: models.isEnglishSmall,
      unusedSecond: findUnusedSecondModel(config, engines.info),
    }),
  };
}
