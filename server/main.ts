import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { printError, printLine } from '../models/terminal.ts';
import { isFault } from '../protocol/index.ts';
import { openRooms } from './admin/viewers.ts';
import { buildGreeting, buildServerOffer } from './compose/greeting.ts';
import {
  buildPipelineOptions,
  chooseTranslationModel,
  chooseTransport,
  isJournalWanted,
  locateWebFolder,
  openAccess,
  openCertificate,
  openCleaner,
  openRecogniser,
  openStore,
} from './compose/parts.ts';
import { checkReadiness } from './compose/readiness.ts';
import { openTranscriptRoutes } from './compose/transcripts.ts';
import { openWyomingEndpoint } from './compose/wyoming-endpoint.ts';
import { describeSettings } from './config/destinations.ts';
import { resolveDataFolder } from './config/folders.ts';
import { ConfigError, loadConfig } from './config/load.ts';
import type { Config } from './config/options.ts';
import { buildHelpText, showConfig } from './config/show.ts';
import { estimateStreamCapacity } from './core/schedule/load.ts';
import { ProcessDecoder } from './decoder/decoder.ts';
import { DIALECT_ROUTES, HTTP_ROUTES } from './dialect/routes.ts';
import { DecodeScheduler } from './flow/decode-scheduler.ts';
import { guardClock } from './flow/guarded-clock.ts';
import { Journals } from './flow/journals.ts';
import type { LiveSession } from './flow/live-session.ts';
import { restoreSessions } from './flow/restore-sessions.ts';
import { SessionRegistry } from './flow/session-registry.ts';
import { Gateway } from './gateway/gateway.ts';
import { createBugReporter } from './observe/bug-reporter.ts';
import { systemClock } from './observe/clock.ts';
import { openLog } from './observe/log.ts';
import { createMeter } from './observe/meter.ts';
import { Metrics } from './observe/metrics.ts';
import { catchProcessErrors } from './observe/process-errors.ts';
import type { ReportBug } from './ports/bug.ts';
import { openSpeechModel } from './vad/open.ts';

/** Live sessions when only the load limits them: a bound for memory, about 5 MB each. */
const SESSIONS_MAX = 32;

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** Lines for people: model, engine, how many streams. */
  readonly greeting: string;
  /** Logs and counts an error that nobody expected. */
  readonly reportBug: ReportBug;
  /** Refuses new sessions, lets live ones finish within the drain time, stops. */
  close(): Promise<void>;
}

/** Puts the parts together and listens. Rejects with a fault that says what is wrong. */
export async function startServer(config: Config): Promise<RunningServer> {
  const log = openLog(config['log-level']);
  const folder = resolveDataFolder(config, process.env);
  const access = openAccess(config, folder, log);
  const certificate = await openCertificate(config, folder, log);
  const transportOf = await chooseTransport(config, certificate);
  const { model, recogniser } = await openRecogniser(config, log);
  const cleaner = await openCleaner(config, log).catch(async (error) => {
    await recogniser.close();
    throw error;
  });
  const [info, english] = await recogniser
    .ready()
    .then((info) => [info, chooseTranslationModel(config, { ...info, model: model.name })] as const)
    .catch(async (error) => {
      await Promise.all([cleaner?.close(), recogniser.close()]);
      throw error;
    });
  const speechModel = await openSpeechModel(config.vad as 'silero' | 'energy', log);
  const cleanerReady = await (cleaner?.ready() ?? Promise.resolve()).then(
    () => true,
    () => false,
  );
  const decoder = new ProcessDecoder({ log });
  const metrics = new Metrics();
  let closing: Promise<void> | undefined;
  const meter = createMeter(metrics);
  const reportBug = createBugReporter(log, meter);
  // Timers of sessions and connections end those; what belongs to nobody alone ends nothing.
  const clock = guardClock(systemClock, (error) => reportBug(error, 'a bug in a timer'));
  const registry = new SessionRegistry<LiveSession>();
  const board = new DecodeScheduler({
    recogniser,
    meter,
    clock,
    reportBug,
    partialIntervalMs: config['partial-every-ms'],
    realTimeFactor: info.realTimeFactor,
    smallCost: info.small && info.small.realTimeFactor / info.realTimeFactor,
    onServiceLevelChange: (advice) => registry.setServiceLevel(advice),
  });
  const carried = estimateStreamCapacity(info.realTimeFactor);
  const sessionsMax = config['sessions-max'] || Math.max(SESSIONS_MAX, carried * 8);
  const offer = {
    ...buildServerOffer({ model: model.name, multilingual: info.multilingual }),
    small: info.small && buildServerOffer(info.small),
    language: config.language,
    partialEveryMs: config['partial-every-ms'],
    endpoint: { minMs: config['endpoint-min-ms'], maxMs: config['endpoint-max-ms'] },
    cleanup: config.cleanup as 'llm' | 'openai' | 'rules' | 'off',
    english,
  };
  const cleaners = {
    standard: cleaner,
    llm: config.cleanup === 'llm' ? cleaner : undefined,
    openai: config.cleanup === 'openai' ? cleaner : undefined,
  };
  const store = openStore(config, resolveDataFolder(config, process.env), log);
  const journals = store && new Journals(store, log, meter);
  const { rooms, viewing } = openRooms({ config, folder, meter, reportBug });
  const isReported = isJournalWanted(config) && store === undefined;
  const transcripts = await openTranscriptRoutes(config, { folder, isReported }, log);
  const parts = {
    scheduler: board,
    registry,
    speechModel,
    cleaners,
    log,
    meter,
    offer: { ...offer, assistant: transcripts.assistant?.name },
    clock,
    pipeline: { ...buildPipelineOptions(config), models: { own: model.name, small: info.small?.model } },
    engine: info.engine,
    cleanTimeoutMs: config['clean-timeout-ms'],
    pauseMs: config['pause-ms'],
    resumeGraceMs: config['resume-grace-ms'],
    journals,
    rooms,
    recorder: transcripts.keeper,
    assistant: transcripts.assistant,
    translationModel: english,
  };
  const site = {
    webFolder: locateWebFolder(),
    info: () => ({
      ...offer,
      engine: info.engine,
      sessions: registry.size,
      sessionsMax,
      streams: carried,
      needsKey: access.needsKey,
      ...transcripts.info,
    }),
    metrics: () => metrics.render(recogniser.restarts),
    ready: () => checkReadiness({ recogniser, cleaner, isStopping: closing !== undefined }).isReady,
    problems: () => checkReadiness({ recogniser, cleaner, isStopping: closing !== undefined }).problems,
  };
  const bounds = {
    allowedOrigins: config['allowed-origins'],
    host: config.host,
    sessionsMax,
    measured: config['sessions-max'] === 0,
    sessionsPerKeyMax: config['sessions-per-key'] || sessionsMax,
    sessionsPerAddressMax: config['sessions-per-address'] || sessionsMax,
  };
  const gateway = new Gateway(parts, site, DIALECT_ROUTES, access, {
    ...bounds,
    viewing,
    http: { routes: HTTP_ROUTES, decoder, transcripts: transcripts.desk },
  });
  const transport = transportOf(gateway, reportBug);
  const stop = async (): Promise<void> => {
    await Promise.all([recogniser.close(), cleaner?.close(), speechModel.close(), decoder.close()]);
    // Sessions' journals are removed as their transcripts are written.
    await transcripts.close();
    store?.close();
  };
  // Before anybody can ask for them.
  if (journals !== undefined) restoreSessions(journals, parts);
  const port = await transport.listen(config.host, config.port).catch(async (error) => {
    await stop();
    throw error;
  });
  const wyoming = await openWyomingEndpoint(config, { parts, site, bounds, reportBug }).catch(async (error) => {
    await transport.close();
    await stop();
    throw error;
  });
  const url = `${certificate === undefined ? 'http' : 'https'}://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
  const clean =
    cleaner === undefined ? 'off' : cleanerReady ? cleaner.name : `${cleaner.name} did not start; rules instead`;
  const selfSigned = config['tls-self-signed'] ? certificate!.certPath : undefined;
  const greeting = buildGreeting({
    url,
    info,
    cleaner: clean,
    streams: carried,
    selfSigned,
    wyoming: wyoming?.address,
  });
  const close = async (): Promise<void> => {
    gateway.drain();
    wyoming?.drain();
    await registry.drain(new Promise((resolve) => systemClock.setTimer(config['drain-timeout-ms'], resolve)));
    rooms.close();
    await Promise.all([transport.close(), wyoming?.close()]);
    await stop();
  };
  return { url, port, greeting, reportBug, close: () => (closing ??= close()) };
}

/** `sotto serve`: resolves with the exit status when the server has stopped. */
export async function runServe(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    printLine(buildHelpText().trimEnd());
    return 0;
  }
  try {
    const loaded = loadConfig(
      args.filter((arg) => arg !== '--show'),
      process.env,
    );
    if (args.includes('--show')) {
      printLine(showConfig(loaded));
      return 0;
    }
    const server = await startServer(loaded.config);
    catchProcessErrors(server.reportBug, systemClock.nowMs);
    printLine(`${server.greeting}\n${describeSettings(loaded)}`);
    process.send?.({ kind: 'listening', url: server.url });
    await stopSignal();
    await server.close();
    return 0;
  } catch (error) {
    for (const line of (error instanceof Error ? error.message : String(error)).split('\n'))
      printError(`sotto: ${line}`);
    if (!(error instanceof ConfigError) && !isFault(error))
      printError(error instanceof Error ? (error.stack ?? '') : '');
    return error instanceof ConfigError ? 78 : 1;
  }
}

/** Signals that follow the first within this time are the same one, ms. */
const SAME_SIGNAL_MS = 1_000;

/**
 * Ctrl-C, a polite kill, a terminal that was closed, or the parent that started this run is gone. A second Ctrl-C or kill
 * ends at once.
 *
 * A signal may come more than once: it reaches the whole process group, and a parent in that group passes it on, as `sotto
 * serve`, `npm start` and `timeout` do. A shell may tell of its closed terminal twice, however late.
 */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let askedMs: number | undefined;
    const stopOrExit = (status: number): void => {
      askedMs ??= performance.now();
      if (performance.now() - askedMs > SAME_SIGNAL_MS) process.exit(status);
      resolve();
    };
    process.on('SIGINT', () => stopOrExit(130));
    process.on('SIGTERM', () => stopOrExit(143));
    process.on('SIGHUP', () => resolve());
    if (process.send !== undefined) process.once('disconnect', resolve);
  });
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exit(await runServe(process.argv.slice(2)));
}
