import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Fault, isFault } from '../protocol/index.ts';
import { findHeaderProblem, HEADER_BYTES } from './header.ts';
import { acquireLock } from './lock.ts';
import { fetchWithRedirects, RedirectError } from './redirects.ts';
import { DEFAULT_SOURCE, type ModelEntry } from './registry.ts';
import { verifyFile } from './verify.ts';

export interface PullOptions {
  /** Replaces the publisher's host; the path stays the same. */
  readonly mirror?: string | undefined;
  /** An attempt ends when no byte arrives for this long; default 30 s. */
  readonly stallMs?: number;
  /** Number of attempts; each continues where the last one broke off. Default 5. */
  readonly attempts?: number;
  /** Delay before a new attempt, ms; default 1000, doubled each time. */
  readonly backOffMs?: number;
  /** `total` is undefined when the server does not report it. */
  readonly progress?: (bytes: number, total: number | undefined) => void;
}

/** What to fetch. A file without a published hash is checked for a maximum size and the header of its kind. */
type DownloadTarget =
  | Pick<ModelEntry, 'name' | 'url' | 'bytes' | 'sha256'>
  | (Pick<ModelEntry, 'name' | 'url' | 'kind'> & { readonly bytesMax: number });

/**
 * Fetches a model to `path`: resumes a broken download, checks size and hash, and only then renames the file. Rejects
 * with `model.download` when it is unavailable and `model.corrupt` when the content is wrong.
 */
export async function pullModel(model: DownloadTarget, path: string, options: PullOptions = {}): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  await using _ = await acquireLock(`${path}.lock`, model.name);
  const url =
    options.mirror === undefined ? model.url : model.url.replace(DEFAULT_SOURCE, options.mirror.replace(/\/+$/, ''));
  const hasHash = 'sha256' in model;
  // Without a hash, nothing shows that a leftover from an earlier run is the beginning of the same file.
  if (!hasHash) await rm(part, { force: true });
  const attempts = options.attempts ?? 5;
  const source: Source = { url, etag: undefined, total: hasHash ? model.bytes : undefined };
  for (let attempt = 1; ; attempt++) {
    try {
      await download(source, part, model, options);
      break;
    } catch (error) {
      if (isFault(error) || error instanceof RedirectError || attempt >= attempts) {
        if (!hasHash) await rm(part, { force: true });
        throw isFault(error) ? error : createDownloadFault(model, error);
      }
      await new Promise((resolve) => setTimeout(resolve, (options.backOffMs ?? 1_000) * 2 ** (attempt - 1)));
    }
  }
  const result = hasHash ? await verifyFile(part, model) : { ok: true as const };
  if (!result.ok) {
    await rm(part, { force: true });
    throw new Fault('model.corrupt', { model: model.name, problem: result.problem });
  }
  await rename(part, path);
}

/** The source of the bytes, and what is known about it so far. */
interface Source {
  readonly url: string;
  /** ETag of the first response; another one means another file. */
  etag: string | undefined;
  total: number | undefined;
}

async function download(source: Source, part: string, model: DownloadTarget, options: PullOptions): Promise<void> {
  const { total } = source;
  let bytesOnDisk = (await stat(part).catch(() => undefined))?.size ?? 0;
  if (bytesOnDisk > (total ?? Number.POSITIVE_INFINITY) || (!('sha256' in model) && source.etag === undefined)) {
    await rm(part, { force: true });
    bytesOnDisk = 0;
  }
  if (bytesOnDisk === total) return;
  const stall = new AbortController();
  const headers: Record<string, string> = bytesOnDisk > 0 ? { range: `bytes=${bytesOnDisk}-` } : {};
  if (bytesOnDisk > 0 && source.etag !== undefined) headers['if-range'] = source.etag;
  let timer = setTimeout(() => stall.abort(), options.stallMs ?? 30_000);
  try {
    const response = await fetchWithRedirects(source.url, { headers, signal: stall.signal });
    await checkStatus(response, part, model);
    // A server that does not support ranges, or has another file by now, sends everything again.
    const from = response.status === 206 ? bytesOnDisk : 0;
    readSourceInfo(source, response, from, model);
    let received = from;
    let header = Buffer.alloc(0);
    const readChunks = async function* (): AsyncGenerator<Uint8Array> {
      for await (const each of Readable.fromWeb(response.body as never)) {
        const chunk = each as Uint8Array;
        clearTimeout(timer);
        timer = setTimeout(() => stall.abort(), options.stallMs ?? 30_000);
        if (!('sha256' in model) && from + header.length < HEADER_BYTES) {
          header = Buffer.concat([header, chunk.subarray(0, HEADER_BYTES)]);
          if (from === 0 && header.length >= HEADER_BYTES) checkHeader(header, model);
        }
        received += chunk.length;
        const max = source.total ?? ('sha256' in model ? model.bytes : model.bytesMax);
        if (received > max) {
          throw new Fault('model.corrupt', { model: model.name, problem: `more than ${max} bytes came` });
        }
        options.progress?.(received, source.total);
        yield chunk;
      }
    };
    await pipeline(readChunks, createWriteStream(part, { flags: from > 0 ? 'a' : 'w' }));
    if (received < (source.total ?? HEADER_BYTES))
      throw new Error(`the connection ended after ${received} of ${source.total ?? 'unknown'} bytes`);
  } finally {
    clearTimeout(timer);
  }
}

async function checkStatus(response: Response, part: string, model: DownloadTarget): Promise<void> {
  if (response.status === 416) {
    await rm(part, { force: true });
    throw new Error('the server refused to go on from where the download broke off');
  }
  if (response.ok && response.body !== null) return;
  await response.body?.cancel();
  const fault = new Fault('model.download', { model: model.name, problem: `the server answered ${response.status}` });
  // The server would only repeat this answer, so there is no retry.
  throw response.status < 500 ? fault : new Error(fault.message);
}

/** Learns size and version of a file that no registry lists. */
function readSourceInfo(source: Source, response: Response, from: number, model: DownloadTarget): void {
  if ('sha256' in model) return;
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  // A compressed transfer has another length once unpacked.
  const isPacked = (response.headers.get('content-encoding') ?? 'identity') !== 'identity';
  source.total = Number.isFinite(length) && !isPacked ? from + length : undefined;
  const etag = response.headers.get('etag');
  source.etag = etag === null || etag.startsWith('W/') ? undefined : etag;
  if ((source.total ?? 0) > model.bytesMax)
    throw new Fault('model.corrupt', { model: model.name, problem: `it would have ${source.total} bytes` });
}

function checkHeader(header: Buffer, model: { readonly name: string; readonly kind: ModelEntry['kind'] }): void {
  const problem = findHeaderProblem(header, model.kind);
  if (problem !== undefined) throw new Fault('model.corrupt', { model: model.name, problem });
}

function createDownloadFault(model: DownloadTarget, error: unknown): Fault {
  const cause =
    error instanceof Error ? (error.cause instanceof Error ? error.cause : error) : new Error(String(error));
  const text = cause.name === 'AbortError' ? 'no data came for too long' : cause.message;
  return new Fault('model.download', { model: model.name, problem: text }, { cause: error });
}
