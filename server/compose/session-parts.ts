import type { Config } from '../config/options.ts';
import type { OfferedModel, ServerOffer } from '../core/session/resolve-settings.ts';
import { DecodeScheduler } from '../flow/decode-scheduler.ts';
import type { LiveSession, SessionParts } from '../flow/live-session.ts';
import type { Rooms } from '../flow/rooms.ts';
import { SessionRegistry } from '../flow/session-registry.ts';
import type { Log } from '../ports/log.ts';
import type { Recogniser, RecogniserInfo } from '../ports/recogniser.ts';
import type { Engines } from './engines.ts';
import type { Monitoring } from './monitoring.ts';
import { buildPipelineOptions } from './pipeline-options.ts';
import type { Storage } from './storage.ts';

/** Builds what this server offers to clients, except for the assistant. */
export function buildOffer(config: Config, { info, translationModel }: Engines): ServerOffer {
  return {
    ...offerModel(info),
    small: info.small && offerModel(info.small),
    second: findSecondModel(config, info),
    language: config.language,
    partialEveryMs: config['partial-every-ms'],
    endpoint: {
      minMs: config['endpoint-min-ms'],
      maxMs: config['endpoint-max-ms'],
      completeMs: config['endpoint-complete-ms'],
      incompleteMs: config['endpoint-incomplete-ms'],
    },
    cleanup: config.cleanup as 'llm' | 'openai' | 'rules' | 'off',
    english: translationModel,
  };
}

/**
 * The model that hears sentences a second time. None does with the prebuilt binding: its decodes take seconds and cannot be
 * stopped when live speech needs the slot.
 */
function findSecondModel(config: Config, info: RecogniserInfo): OfferedModel | undefined {
  if (config['second-model'] === 'none' || info.engine === 'stock') return undefined;
  return offerModel(findLoadedSecondModel(config, info) ?? info);
}

/** The model that the options name to hear sentences a second time where none does, for the operator to know. */
export function findUnusedSecondModel(config: Config, info: RecogniserInfo): string | undefined {
  const named = config['second-model'];
  return ['auto', 'none'].includes(named) || findSecondModel(config, info) !== undefined ? undefined : named;
}

/** The model that the options name for it; undefined is the one that each session has. */
function findLoadedSecondModel(config: Config, info: RecogniserInfo) {
  if (['auto', 'none'].includes(config['second-model'])) return undefined;
  // Without a third model it is one of the others.
  return info.second ?? [info.small, info].find((each) => each?.model === config['second-model']);
}

/** A model as it is offered to clients. */
function offerModel({ model, multilingual }: { readonly model: string; readonly multilingual: boolean }) {
  return { model, languages: multilingual ? ('all' as const) : (['en'] as const) };
}

/** Builds the parts that all sessions share. */
export function buildSessionParts(
  config: Config,
  {
    engines,
    recogniser,
    monitoring,
    storage,
    rooms,
    offer,
    log,
  }: {
    readonly engines: Engines;
    /** Decodes for all sessions. */
    readonly recogniser: Recogniser;
    readonly monitoring: Monitoring;
    readonly storage: Storage;
    readonly rooms: Rooms;
    readonly offer: ServerOffer;
    readonly log: Log;
  },
): SessionParts {
  const { info, translationModel, cleaner, speechModel, turnDetector } = engines;
  const { meter, reportBug, clock } = monitoring;
  const { recorder, assistant } = storage.transcripts;
  const registry = new SessionRegistry<LiveSession>();
  const scheduler = new DecodeScheduler({
    ...{ recogniser, meter, clock, reportBug },
    partialIntervalMs: config['partial-every-ms'],
    realTimeFactor: info.realTimeFactor,
    smallCost: info.small && info.small.realTimeFactor / info.realTimeFactor,
    onServiceLevelChange: (level) => registry.setServiceLevel(level),
  });
  const models = {
    ...{ own: info.model, small: info.small?.model, isEnglishSmall: offer.isEnglishSmall },
    second: describeSecond(findLoadedSecondModel(config, info)),
  };
  return {
    ...{ scheduler, registry, speechModel, turnDetector, log, meter, clock, rooms },
    ...{ journals: storage.journals, recorder, assistant, translationModel },
    cleaners: {
      standard: cleaner,
      llm: config.cleanup === 'llm' ? cleaner : undefined,
      openai: config.cleanup === 'openai' ? cleaner : undefined,
    },
    offer: { ...offer, assistant: assistant?.name },
    pipeline: {
      ...buildPipelineOptions(config, {
        thresholds: speechModel.thresholds,
        hasTurnDetector: turnDetector !== undefined,
      }),
      models,
    },
    engine: info.engine,
    cleanTimeoutMs: config['clean-timeout-ms'],
    pauseMs: config['pause-ms'],
    resumeGraceMs: config['resume-grace-ms'],
  };
}

const describeSecond = (loaded: ReturnType<typeof findLoadedSecondModel>) =>
  loaded && { name: loaded.model, isMultilingual: loaded.multilingual };
