import { WebSocket } from 'ws';
import { type ConnectOptions, connect, type ServerEvent, type Session } from '../../client/sdk/index.ts';
import { LIMITS } from '../../protocol/index.ts';
import { noAuth } from '../../server/access/no-auth.ts';
import { PIPELINE, type PipelineOptions } from '../../server/core/session/settings.ts';
import { ProcessDecoder } from '../../server/decoder/decoder.ts';
import { DIALECT_ROUTES, HTTP_ROUTES } from '../../server/dialect/routes.ts';
import { ScriptedRecogniser, type ScriptWord } from '../../server/engine/script.ts';
import { DecodeScheduler } from '../../server/flow/decode-scheduler.ts';
import { guardClock, guardScheduler } from '../../server/flow/guarded-clock.ts';
import { IdleDecoder } from '../../server/flow/idle-decoder.ts';
import { Journals } from '../../server/flow/journals.ts';
import type { LiveSession, SessionParts } from '../../server/flow/live-session.ts';
import { type HearingModelSource, Rehearings } from '../../server/flow/rehearings.ts';
import { restoreSessions } from '../../server/flow/restore-sessions.ts';
import { Rooms } from '../../server/flow/rooms.ts';
import { SessionRegistry } from '../../server/flow/session-registry.ts';
import { silentMeter } from '../../server/flow/silent-meter.ts';
import { Summariser } from '../../server/flow/summariser.ts';
import type { TranscriptRecorder } from '../../server/flow/transcript-recorder.ts';
import { Gateway } from '../../server/gateway/gateway.ts';
import { TranscriptRoutes } from '../../server/gateway/transcript-routes.ts';
import type { ViewerLimits } from '../../server/gateway/viewer-admission.ts';
import { createBugReporter } from '../../server/observe/bug-reporter.ts';
import { systemClock } from '../../server/observe/clock.ts';
import type { Assistant } from '../../server/ports/assistant.ts';
import type { Authenticator } from '../../server/ports/authenticator.ts';
import type { ReportBug } from '../../server/ports/bug.ts';
import type { Cleaner } from '../../server/ports/cleaner.ts';
import type { Clock } from '../../server/ports/clock.ts';
import type { AudioDecoder } from '../../server/ports/decoder.ts';
import type { DialectRoutes } from '../../server/ports/dialect.ts';
import type { JournalStore } from '../../server/ports/journal-store.ts';
import type { Log } from '../../server/ports/log.ts';
import type { Meter } from '../../server/ports/meter.ts';
import type { Recogniser } from '../../server/ports/recogniser.ts';
import type { SpeechModel } from '../../server/ports/speech-model.ts';
import type { Transport, TransportHandler } from '../../server/ports/transport.ts';
import type { TurnDetector } from '../../server/ports/turn-detector.ts';
import type { ViewerTokens } from '../../server/ports/viewer-tokens.ts';
import { UwsTransport } from '../../server/transport/uws.ts';
import { WsTransport } from '../../server/transport/ws.ts';
import { EnergyModel } from '../../server/vad/energy.ts';
import { loadTestUws } from './uws.ts';

const nothing = (): void => {};
/** Stable when two decodes agree: a script's words need no evidence. */
const SCRIPTED_COMMIT = { ...PIPELINE.commit, policy: 'agreement', edgeMs: 500, leastMs: 0 } as const;

export const silentLog = { debug: nothing, info: nothing, warn: nothing, error: nothing };

const MANY_VIEWERS = { viewersMax: 5_000, viewersPerRoomMax: 5_000, viewersPerAddressMax: 5_000 };

/** Makes a transport; `reportBug` gets what its guards catch. */
export type OpenTransport = (handler: TransportHandler, reportBug: ReportBug) => Promise<Transport>;

/** The limits of a real server. */
export const ws: OpenTransport = async (handler, reportBug) => new WsTransport(handler, LIMITS, reportBug);
/** The same over uWebSockets.js; only where it runs, see `runsUws`. */
export const uws: OpenTransport = async (handler, reportBug) =>
  new UwsTransport(await loadTestUws(), handler, LIMITS, reportBug);

export interface ScriptedServer {
  readonly url: string;
  readonly recogniser: ScriptedRecogniser;
  readonly registry: SessionRegistry<LiveSession>;
  readonly gateway: Gateway;
  readonly rooms: Rooms;
  /** Another gateway to the same sessions. */
  gatewayTo(routes: DialectRoutes, access: Authenticator): Gateway;
  connect(options?: Partial<ConnectOptions>): Promise<Session>;
  close(): Promise<void>;
}

export interface TestEndpoint {
  readonly access?: Authenticator;
  readonly perKey?: number;
  readonly perAddress?: number;
  readonly graceMs?: number;
  readonly transport?: OpenTransport;
  readonly log?: Log;
  readonly clock?: Clock;
  readonly meter?: Meter;
  readonly store?: JournalStore;
  readonly recogniser?: Recogniser;
  readonly cleaner?: Cleaner;
  readonly speechModel?: SpeechModel;
  readonly turnDetector?: TurnDetector;
  readonly port?: number;
  /** Who keeps transcripts, and who summarises and translates. */
  readonly recorder?: TranscriptRecorder;
  readonly assistant?: Assistant;
  /** Name of the speech model that translates into English. */
  readonly english?: string;
  /** Folder of the pages; none by default. */
  readonly web?: string;
  /** What `/v1/info` says beside the offer. */
  readonly info?: object;
  /** Name of a second model for English. */
  readonly small?: string;
  /** Whether that one hears English whatever the load. */
  readonly isEnglishSmall?: boolean;
  /** Name of the model that hears sentences a second time; none by default. */
  readonly second?: string;
  /** Tokens of viewers, and how many may watch. */
  readonly viewerTokens?: ViewerTokens;
  readonly viewers?: Partial<ViewerLimits>;
  /** Wall time of rooms, ms since 1970. */
  readonly wallMs?: () => number;
  /** Origins of pages elsewhere that are let in. */
  readonly allowedOrigins?: readonly string[];
  /** Decodes compressed audio; closed with the server. */
  readonly decoder?: AudioDecoder;
  /** Models that hear transcripts again; by default any name is one. */
  readonly hearingModels?: HearingModelSource;
  /** Sessions are refused by the measured load, too. */
  readonly measured?: boolean;
}

/** Any name is a model of all languages, which is loaded. */
const createScriptedModels = (models: PipelineOptions['models']): HearingModelSource => ({
  select: (name) => (name === undefined ? models : { ...models, second: { name, isMultilingual: true } }),
  load: async () => {},
  release: async () => {},
});

/** What every session of a server is made of, with words from a script and speech told by loudness. */
export function scriptedParts(
  words: readonly ScriptWord[],
  {
    clock: unguarded = systemClock,
    log = silentLog,
    meter = silentMeter,
    graceMs,
    recogniser: real,
    cleaner,
    speechModel,
    turnDetector,
    store,
    small,
    isEnglishSmall = false,
    second,
    recorder,
    wallMs = Date.now,
    assistant,
    english,
  }: TestEndpoint = {},
) {
  const recogniser = new ScriptedRecogniser(words);
  const reportBug = createBugReporter(log, meter);
  const fail = (error: unknown): void => reportBug(error, 'a bug in a timer');
  const clock = guardClock(unguarded, fail);
  const journals = store && new Journals(store, log, meter);
  const registry = new SessionRegistry<LiveSession>();
  const scheduler = new DecodeScheduler({
    ...{ recogniser: real ?? recogniser, clock, meter, partialIntervalMs: 100, realTimeFactor: 0.01 },
    smallCost: small === undefined ? undefined : 0.4,
    onServiceLevelChange: (advice) => registry.setServiceLevel(advice),
    reportBug,
  });
  const offer = {
    model: 'script',
    languages: 'all' as const,
    language: 'en',
    partialEveryMs: 100,
    endpoint: { minMs: 200, maxMs: 400, completeMs: 200, incompleteMs: 1_500 },
    cleanup: 'rules' as const,
    small: small === undefined ? undefined : { model: small, languages: ['en'] },
    isEnglishSmall,
    second: second === undefined ? undefined : { model: second, languages: 'all' as const },
    assistant: assistant?.name,
    english,
  };
  const parts: SessionParts & { readonly rooms: Rooms } = {
    rooms: new Rooms({ clock, meter, wallMs, runLater: guardScheduler(setImmediate, fail) }),
    recorder,
    assistant,
    translationModel: english,
    scheduler,
    registry,
    speechModel: speechModel ?? new EnergyModel(),
    turnDetector,
    cleaners: { standard: cleaner, llm: undefined, openai: undefined },
    clock,
    log,
    meter,
    journals,
    // Its words are never misheard for want of context.
    pipeline: {
      ...{ ...PIPELINE, commit: SCRIPTED_COMMIT },
      models: {
        own: 'script',
        small,
        isEnglishSmall,
        second: second === undefined ? undefined : { name: second, isMultilingual: true },
      },
    },
    offer,
    engine: 'script',
    cleanTimeoutMs: 500,
    pauseMs: 60_000,
    resumeGraceMs: graceMs ?? 10_000,
  };
  return { parts, recogniser, offer, reportBug };
}

/** The whole server over real sockets, with words from a script and speech told by loudness: no model, no guessing. */
export async function openScriptedServer(
  words: readonly ScriptWord[],
  sessionsMax = 8,
  endpoint: TestEndpoint = {},
): Promise<ScriptedServer> {
  const { parts, recogniser, offer, reportBug } = scriptedParts(words, endpoint);
  const { registry } = parts;
  if (parts.journals !== undefined) restoreSessions(parts.journals, parts);
  const decoder = endpoint.decoder ?? new ProcessDecoder();
  const { recorder, assistant } = endpoint;
  const summariser = new Summariser(assistant, Date.now);
  const rehearings = new Rehearings({
    ...parts,
    decoder: new IdleDecoder({ session: 'rehearings', scheduler: parts.scheduler }),
    models: endpoint.hearingModels ?? createScriptedModels(parts.pipeline.models),
    isOpen: (transcript, part) => recorder?.isOpen(transcript, part) ?? false,
  });
  const transcripts =
    recorder &&
    new TranscriptRoutes({
      ...{ recorder, summariser, rehearings, nowMs: Date.now, clock: parts.clock },
      log: endpoint.log ?? silentLog,
    });
  const gatewayTo = (routes: DialectRoutes, access: Authenticator): Gateway =>
    new Gateway(
      parts,
      {
        webFolder: endpoint.web ?? '/nowhere',
        info: () => ({ ...offer, ...endpoint.info }),
        metrics: () => Promise.resolve(''),
        ready: () => true,
      },
      routes,
      access,
      {
        ...{
          allowedOrigins: endpoint.allowedOrigins ?? [],
          host: '127.0.0.1',
          sessionsMax,
          http: { routes: HTTP_ROUTES, decoder, transcripts },
        },
        viewing: {
          viewerTokens: endpoint.viewerTokens,
          limits: { ...MANY_VIEWERS, ...endpoint.viewers },
          wallMs: endpoint.wallMs,
        },
        measured: endpoint.measured ?? false,
        ...{
          sessionsPerKeyMax: endpoint.perKey ?? sessionsMax,
          sessionsPerAddressMax: endpoint.perAddress ?? sessionsMax,
        },
      },
    );
  const gateway = gatewayTo(DIALECT_ROUTES, endpoint.access ?? noAuth);
  const transport = await (endpoint.transport ?? ws)(gateway, reportBug);
  const url = `http://127.0.0.1:${await transport.listen('127.0.0.1', endpoint.port ?? 0)}`;
  return {
    url,
    recogniser,
    registry,
    rooms: parts.rooms,
    gateway,
    gatewayTo,
    connect: (options = {}) => connect({ url, WebSocket: WebSocket as never, ...options }),
    close: async () => {
      await transport.close();
      await rehearings.close();
      await decoder.close();
    },
  };
}

/** Sound for the spans given in seconds, silence elsewhere: 16 kHz s16. */
export function sound(seconds: number, spans: readonly (readonly [number, number])[]): Int16Array {
  return Int16Array.from({ length: seconds * 16_000 }, (_, i) => {
    const at = i / 16_000;
    const loud = spans.some(([from, to]) => at >= from && at < to);
    return loud ? 12_000 * Math.sin(i / 4) : 3 * Math.sin(i / 9);
  });
}

/** Words evenly spaced from a moment on, 0.3 s each. */
export function script(text: string, from: number): ScriptWord[] {
  return text.split(' ').map((word, i) => ({ text: word, from: from + i * 0.3, to: from + i * 0.3 + 0.25 }));
}

/** Sends everything and collects all events. */
export async function converse(session: Session, samples: Int16Array, step = 1_600): Promise<ServerEvent[]> {
  const events: ServerEvent[] = [];
  const reading = (async () => {
    for await (const event of session) events.push(event);
  })();
  for (let at = 0; at < samples.length; at += step) {
    session.send(samples.subarray(at, at + step));
    await session.sent();
    // Lets answers come between frames, as they do in real time.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await session.finish();
  await reading;
  return events;
}

export const finalsOf = (events: readonly ServerEvent[]): string[] =>
  events.filter((event) => event.type === 'final').map((event) => event.text);
