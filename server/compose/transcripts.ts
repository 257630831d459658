import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseModelAddress } from '../../models/address.ts';
import { resolveModel } from '../../models/locate.ts';
import { Fault } from '../../protocol/index.ts';
import { LlamaAssistant } from '../assistant/llama-assistant.ts';
import { OpenAiAssistant } from '../assistant/openai-assistant.ts';
import { ConfigError } from '../config/load.ts';
import type { Config } from '../config/options.ts';
import { errorCode } from '../core/errors/error-code.ts';
import type { Rehearings } from '../flow/rehearings.ts';
import { Summariser } from '../flow/summariser.ts';
import { TranscriptRecorder } from '../flow/transcript-recorder.ts';
import { TranscriptRoutes } from '../gateway/transcript-routes.ts';
import { systemClock } from '../observe/clock.ts';
import type { Assistant } from '../ports/assistant.ts';
import type { Log } from '../ports/log.ts';
import type { TranscriptStore } from '../ports/transcripts.ts';
import { openTranscripts, StorageUnavailable } from '../store/open-transcripts.ts';
import { fetchIfUrl } from './fetch-model.ts';

/** Everything for stored transcripts. */
export interface TranscriptParts {
  readonly recorder: TranscriptRecorder;
  /** Their HTTP routes, once what hears them again is there. */
  readonly createRoutes: (rehearings: Rehearings) => TranscriptRoutes;
  readonly assistant: Assistant | undefined;
  /** For `GET /v1/info`. */
  readonly info: { readonly keeps: boolean; readonly keepsAudio: boolean; readonly assistant: string | null };
  close(): Promise<void>;
}

export interface DataFolder {
  readonly folder: string;
  /** Whether it was already logged that nothing can be stored there. */
  readonly isReported: boolean;
}

/** Opens the parts that the options select. If the transcript file cannot be opened, the server runs without. */
export async function openTranscriptRoutes(
  config: Config,
  { folder, isReported }: DataFolder,
  log: Log,
): Promise<TranscriptParts> {
  const assistant = await openAssistant(config, log);
  const { store, unavailableReason } = await openStore(config, { folder, isReported }, log);
  const nowMs = Date.now;
  const mode = config.keep as 'asked' | 'all' | 'off';
  const recorder = new TranscriptRecorder({
    store,
    unavailableReason: unavailableReason,
    mode,
    keepsAudio: config['keep-audio'],
    keepDays: config['keep-days'],
    nowMs,
    clock: systemClock,
    log,
  });
  const summariser = new Summariser(assistant, nowMs);
  return {
    recorder,
    assistant,
    createRoutes: (rehearings) =>
      new TranscriptRoutes({ recorder, summariser, rehearings, nowMs, clock: systemClock, log }),
    info: {
      keeps: store !== undefined,
      keepsAudio: store !== undefined && config['keep-audio'],
      assistant: summariser.name,
    },
    close: async () => {
      await recorder.close();
      await assistant?.close();
    },
  };
}

const MEGABYTE = 1_048_576;

async function openStore(
  config: Config,
  { folder, isReported }: DataFolder,
  log: Log,
): Promise<{ readonly store: TranscriptStore | undefined; readonly unavailableReason: string }> {
  if (config.keep === 'off') return { store: undefined, unavailableReason: 'the server was started with --keep off' };
  try {
    const store = await openTranscripts({
      folder: join(folder, 'transcripts'),
      sync: config['journal-sync'] as 'always' | 'never',
      bounds: {
        bytesMax: config['transcripts-max-mb'] * MEGABYTE,
        bytesPerOwnerMax: config['transcripts-per-key-max-mb'] * MEGABYTE,
      },
      onBrokenFile: (name) =>
        log.error({ name }, 'the transcript file was broken and is set aside; a new one is begun'),
      onError: (error) => logFailure(log, error),
    });
    return { store, unavailableReason: '' };
  } catch (error) {
    if (!(error instanceof StorageUnavailable)) throw error;
    if (!isReported) log.error({ reason: error.message, folder }, 'no transcripts are kept');
    return { store: undefined, unavailableReason: error.message };
  }
}

/** Logs an error that belongs to no call. It is a bug unless the database or the disk gave it a code. */
function logFailure(log: Log, error: unknown): void {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof StorageUnavailable || code !== undefined)
    log.error({ code: errorCode(error) }, 'the transcript file cannot be worked on; it is tried again');
  else log.error({ code: 'server.bug', err: error }, 'the thread of transcripts failed; another follows');
}

/** Opens the instruct model that the options name; undefined when they name none. */
async function openAssistant(config: Config, log: Log): Promise<Assistant | undefined> {
  const { 'assistant-url': url, 'assistant-model': model, 'assistant-key': key } = config;
  if (model === undefined) return undefined;
  if (url !== undefined) return new OpenAiAssistant({ url, model, key });
  const address = parseModelAddress(model);
  if (address.kind === 'known' && address.model.embedded)
    throw new ConfigError([
      new Fault('config.value', { name: 'assistant-model', got: model, want: 'a general instruct model (GGUF)' }),
    ]);
  await fetchIfUrl(model, config.offline);
  const { path, name } = await resolveModel(model, { kind: 'cleanup' });
  const threads = Math.max(1, Math.floor(availableParallelism() / 2));
  return new LlamaAssistant({ modelPath: path, modelName: name, threads, log });
}
