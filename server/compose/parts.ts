import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseModelAddress } from '../../models/address.ts';
import { fetchModel } from '../../models/fetched.ts';
import { getCacheFolder, resolveModel } from '../../models/locate.ts';
import { showProgress } from '../../models/progress.ts';
import { Fault, isFault, LIMITS } from '../../protocol/index.ts';
import { ApiKeyAuth } from '../access/api-key-auth.ts';
import { KeyFile } from '../access/key-file.ts';
import { noAuth } from '../access/no-auth.ts';
import { UsageCounter } from '../access/usage.ts';
import { createCleaner } from '../cleaner/create.ts';
import { ConfigError, needsKeys } from '../config/load.ts';
import type { Config } from '../config/options.ts';
import { PIPELINE, type PipelineOptions } from '../core/session/settings.ts';
import { packageRoot } from '../engine/native/locate.ts';
import { WorkerPool } from '../engine/pool.ts';
import type { Authenticator } from '../ports/authenticator.ts';
import type { ReportBug } from '../ports/bug.ts';
import type { Cleaner } from '../ports/cleaner.ts';
import type { JournalStore } from '../ports/journal-store.ts';
import type { Log } from '../ports/log.ts';
import type { Transport, TransportHandler } from '../ports/transport.ts';
import { FileJournalStore } from '../store/file-journal-store.ts';
import { type Certificate, readCertificate, selfSignedCertificate } from '../transport/certificate.ts';
import { UwsTransport } from '../transport/uws.ts';
import { loadUws } from '../transport/uws-library.ts';
import { WsTransport } from '../transport/ws.ts';

/** Config → the pure pipeline's numbers. */
export function buildPipelineOptions(config: Config): PipelineOptions {
  return {
    vad: {
      ...PIPELINE.vad,
      open: config['vad-open'],
      close: config['vad-close'],
      minSpeechMs: config['min-speech-ms'],
    },
    endpoint: {
      ...PIPELINE.endpoint,
      speculativeMs: config['speculative-ms'],
      minMs: config['endpoint-min-ms'],
      maxMs: config['endpoint-max-ms'],
    },
    commit: {
      policy: config.commit as PipelineOptions['commit']['policy'],
      chance: config['commit-chance'],
      patience: PIPELINE.commit.patience,
      patienceMs: PIPELINE.commit.patienceMs,
      edgeMs: config['commit-edge-ms'],
      earlyConfidence: config['commit-confidence'],
      earlyMs: config['commit-early-ms'],
      leastMs: PIPELINE.commit.leastMs,
    },
    show: { ...PIPELINE.show, chance: config['show-chance'] },
    segment: { softMs: config['segment-soft-ms'], hardMs: config['segment-hard-ms'] },
    ringSeconds: PIPELINE.ringSeconds,
    partialEveryMs: config['partial-every-ms'],
    contextChars: config['context-chars'],
    leftContext: PIPELINE.leftContext,
    forcedPrefix: config['forced-prefix'],
    models: { own: config.model, small: undefined },
  };
}

/** A model given by its URL is fetched at the first start; one given by name must be pulled, for it may be large. */
export async function fetchIfUrl(text: string, offline: boolean): Promise<void> {
  const address = parseModelAddress(text);
  if (address.kind !== 'url' || existsSync(join(getCacheFolder(), address.file))) return;
  if (offline) throw new Fault('model.absent', { model: address.shown, path: join(getCacheFolder(), address.file) });
  using progress = showProgress(address.file);
  await fetchModel(address, { progress: progress.update });
}

async function resolveSmall(config: Config) {
  const asked = config['small-model'];
  if (asked === undefined) return undefined;
  await fetchIfUrl(asked, config.offline);
  return resolveModel(asked, { kind: 'speech' });
}

export async function openRecogniser(config: Config, log: Log) {
  await fetchIfUrl(config.model, config.offline);
  const model = await resolveModel(config.model, { kind: 'speech' });
  const small = await resolveSmall(config);
  const recogniser = new WorkerPool({
    modelPath: model.path,
    small,
    modelName: model.name,
    engine: config.engine as 'auto' | 'native' | 'stock',
    slots: config.slots === 0 ? undefined : config.slots,
    decodeTimeoutMs: config['decode-timeout-ms'],
    workerMemoryMbMax: config['worker-memory-mb'],
    finalWindowFloor: config['final-window'],
    partialWindowFloor: config['partial-window'],
    finalBeams: config['final-beams'],
    finalRetries: config['final-retries'],
    log,
  });
  return { model, recogniser };
}

export async function openCleaner(config: Config, log: Log): Promise<Cleaner | undefined> {
  const kind = config.cleanup as 'llm' | 'openai' | 'rules' | 'off';
  if (kind === 'llm') await fetchIfUrl(config['cleanup-model'], config.offline);
  const model = kind === 'llm' ? await resolveModel(config['cleanup-model'], { kind: 'cleanup' }) : undefined;
  return createCleaner({
    kind,
    modelPath: model?.path ?? '',
    modelName: model?.name ?? '',
    threads: Math.max(1, Math.floor(availableParallelism() / 2)),
    url: config['cleanup-url'],
    urlModel: config['cleanup-model'],
    key: config['cleanup-key'],
    memoryMbMax: config['worker-memory-mb'],
    log,
  });
}

/** Who may come in. Rejects with a ConfigError when keys are needed and there is none. */
export function openAccess(config: Config, folder: string, log: Log): Authenticator {
  if (!needsKeys(config)) return noAuth;
  const file = new KeyFile(folder);
  const wrong = (name: string, got: string, want: string): never => {
    throw new ConfigError([new Fault('config.value', { name, got, want })]);
  };
  const name = config.access === 'keys' ? 'access' : 'host';
  try {
    if (!file.read()?.keys.some(({ revoked }) => revoked === undefined))
      wrong(name, config[name], 'loopback, or have keys (`sotto keys add NAME`), or come with --insecure');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    wrong('data', folder, `a folder with a good keys.json: ${error instanceof Error ? error.message : error}`);
  }
  return new ApiKeyAuth(file, new UsageCounter(folder, Date.now, log, config['journal-sync'] === 'always'), Date.now);
}

/**
 * Name of the speech model when it translates captions into English; undefined leaves that to the assistant, if there is
 * one. Throws a ConfigError when it is told to and knows English only.
 */
export function chooseTranslationModel(
  config: Config,
  { model, multilingual }: { readonly model: string; readonly multilingual: boolean },
): string | undefined {
  const asked = config['translate-with'];
  if (asked === 'assistant' || (asked === 'auto' && config['assistant-model'] !== undefined)) return undefined;
  if (multilingual) return model;
  if (asked === 'auto') return undefined;
  const want = `auto or assistant, or a multilingual --model: ${model} knows English only`;
  throw new ConfigError([new Fault('config.value', { name: 'translate-with', got: asked, want })]);
}

/** One session's journal: the events kept for its client and a minute of the largest audio fit well. */
const SESSION_JOURNAL_BYTES_MAX = 67_108_864;

export const isJournalWanted = (config: Config): boolean => config.journal && config['resume-grace-ms'] > 0;

/** Where sessions are journalled; undefined when they are not to be or cannot be, which is no reason not to serve. */
export function openStore(config: Config, folder: string, log: Log): JournalStore | undefined {
  if (!isJournalWanted(config)) return undefined;
  try {
    return new FileJournalStore({
      folder: join(folder, 'journal'),
      sync: config['journal-sync'] as 'always' | 'never',
      sessionBytesMax: SESSION_JOURNAL_BYTES_MAX,
      bytesMax: config['journal-max-mb'] * 1_048_576,
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    log.error(
      { code: code ?? message, folder },
      code === 'ELOCKED'
        ? 'another server uses the data folder: sessions would not survive the end of this process, and no transcripts are kept; give it another --data'
        : 'the data folder cannot be written: sessions would not survive the end of this process, and no transcripts are kept; give it another --data',
    );
    return undefined;
  }
}

/** How sockets are served. Rejects with a ConfigError when uWebSockets.js or a certificate is asked for and not there. */
export async function chooseTransport(
  config: Config,
  certificate: Certificate | undefined,
): Promise<(handler: TransportHandler, reportBug: ReportBug) => Transport> {
  const { frameBytesMax, pingEveryMs, closeTimeoutMs, headersTimeoutMs, handshakesMax } = LIMITS;
  const options = { frameBytesMax, pingEveryMs, closeTimeoutMs, headersTimeoutMs, handshakesMax, certificate };
  if (config.transport === 'ws') return (handler, reportBug) => new WsTransport(handler, options, reportBug);
  const library = await loadUws().catch(asConfigError);
  return (handler, reportBug) => new UwsTransport(library, handler, options, reportBug);
}

/** The certificate of HTTPS, if it is to be spoken. Rejects with a ConfigError that says what is wrong with it. */
export async function openCertificate(config: Config, folder: string, log: Log): Promise<Certificate | undefined> {
  const { 'tls-cert': cert, 'tls-key': key, 'tls-self-signed': selfSigned, host } = config;
  try {
    if (selfSigned) return await selfSignedCertificate(folder, host, Date.now());
    if (cert === undefined || key === undefined) return undefined;
    const certificate = readCertificate(cert, key);
    const days = Math.floor((certificate.expiresMs - Date.now()) / 86_400_000);
    if (days < 14)
      log.warn({ days }, days < 0 ? 'the TLS certificate has run out' : 'the TLS certificate runs out soon');
    return certificate;
  } catch (error) {
    return asConfigError(error);
  }
}

function asConfigError(error: unknown): never {
  throw isFault(error) ? new ConfigError([error]) : error;
}

/** The built page, from the sources as well as from `dist`. */
export function locateWebFolder(): string {
  return join(packageRoot(`${dirname(fileURLToPath(import.meta.url))}/x`), 'dist', 'client', 'web');
}
