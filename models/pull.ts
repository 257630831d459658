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
  /** Takes the place of the publisher's host; the path stays. */
  readonly mirror?: string | undefined;
  /** No byte for this long ends the attempt; default 30 s. */
  readonly stallMs?: number;
  /** Attempts in all; each goes on where the last one broke off. Default 5. */
  readonly attempts?: number;
  /** Wait before a new attempt, ms; default 1000, doubled each time. */
  readonly backOffMs?: number;
  /** `total` is undefined when the server does not say. */
  readonly progress?: (bytes: number, total: number | undefined) => void;
}

/** What is fetched. A file from a URL that nobody published a hash of is held to a bound and the first bytes of its kind. */
type Wanted =
  | Pick<ModelEntry, 'name' | 'url' | 'bytes' | 'sha256'>
  | (Pick<ModelEntry, 'name' | 'url' | 'kind'> & { readonly bytesMax: number });

/**
 * Fetches a model to `path`: resumes a broken download, checks size and hash, and only then gives the file its name.
 * Rejects with `model.download` when it cannot be had and `model.corrupt` when what came is something else.
 */
export async function pullModel(model: Wanted, path: string, options: PullOptions = {}): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  await using _ = await acquireLock(`${path}.lock`, model.name);
  const url =
    options.mirror === undefined ? model.url : model.url.replace(DEFAULT_SOURCE, options.mirror.replace(/\/+$/, ''));
  const known = 'sha256' in model;
  // Without a hash nothing says that what an earlier run left is the beginning of the same file.
  if (!known) await rm(part, { force: true });
  const attempts = options.attempts ?? 5;
  const source: Source = { url, etag: undefined, total: known ? model.bytes : undefined };
  for (let attempt = 1; ; attempt++) {
    try {
      await download(source, part, model, options);
      break;
    } catch (error) {
      if (isFault(error) || error instanceof RedirectError || attempt >= attempts) {
        if (!known) await rm(part, { force: true });
        throw isFault(error) ? error : problem(model, error);
      }
      await new Promise((resolve) => setTimeout(resolve, (options.backOffMs ?? 1_000) * 2 ** (attempt - 1)));
    }
  }
  const verdict = known ? await verifyFile(part, model) : { ok: true as const };
  if (!verdict.ok) {
    await rm(part, { force: true });
    throw new Fault('model.corrupt', { model: model.name, problem: verdict.problem });
  }
  await rename(part, path);
}

/** Where the bytes come from, and what is known of them so far. */
interface Source {
  readonly url: string;
  /** Of the first answer; a file with another is another file. */
  etag: string | undefined;
  total: number | undefined;
}

async function download(source: Source, part: string, model: Wanted, options: PullOptions): Promise<void> {
  const { total } = source;
  let have = (await stat(part).catch(() => undefined))?.size ?? 0;
  if (have > (total ?? Number.POSITIVE_INFINITY) || (!('sha256' in model) && source.etag === undefined)) {
    await rm(part, { force: true });
    have = 0;
  }
  if (have === total) return;
  const stall = new AbortController();
  const headers: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : {};
  if (have > 0 && source.etag !== undefined) headers['if-range'] = source.etag;
  let timer = setTimeout(() => stall.abort(), options.stallMs ?? 30_000);
  try {
    const response = await fetchWithRedirects(source.url, { headers, signal: stall.signal });
    await checkStatus(response, part, model);
    // A server that knows no ranges, or has another file by now, sends everything again.
    const from = response.status === 206 ? have : 0;
    learn(source, response, from, model);
    let got = from;
    let head = Buffer.alloc(0);
    const watched = async function* (): AsyncGenerator<Uint8Array> {
      for await (const each of Readable.fromWeb(response.body as never)) {
        const chunk = each as Uint8Array;
        clearTimeout(timer);
        timer = setTimeout(() => stall.abort(), options.stallMs ?? 30_000);
        if (!('sha256' in model) && from + head.length < HEADER_BYTES) {
          head = Buffer.concat([head, chunk.subarray(0, HEADER_BYTES)]);
          if (from === 0 && head.length >= HEADER_BYTES) checkHead(head, model);
        }
        got += chunk.length;
        const most = source.total ?? ('sha256' in model ? model.bytes : model.bytesMax);
        if (got > most) {
          throw new Fault('model.corrupt', { model: model.name, problem: `more than ${most} bytes came` });
        }
        options.progress?.(got, source.total);
        yield chunk;
      }
    };
    await pipeline(watched, createWriteStream(part, { flags: from > 0 ? 'a' : 'w' }));
    if (got < (source.total ?? HEADER_BYTES))
      throw new Error(`the connection ended after ${got} of ${source.total ?? 'unknown'} bytes`);
  } finally {
    clearTimeout(timer);
  }
}

async function checkStatus(response: Response, part: string, model: Wanted): Promise<void> {
  if (response.status === 416) {
    await rm(part, { force: true });
    throw new Error('the server refused to go on from where the download broke off');
  }
  if (response.ok && response.body !== null) return;
  await response.body?.cancel();
  const fault = new Fault('model.download', { model: model.name, problem: `the server answered ${response.status}` });
  // What the server will say again is not worth asking again.
  throw response.status < 500 ? fault : new Error(fault.message);
}

/** Size and version of a file that no registry knows. */
function learn(source: Source, response: Response, from: number, model: Wanted): void {
  if ('sha256' in model) return;
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  // What was packed for the journey has another length when it is unpacked.
  const isPacked = (response.headers.get('content-encoding') ?? 'identity') !== 'identity';
  source.total = Number.isFinite(length) && !isPacked ? from + length : undefined;
  const etag = response.headers.get('etag');
  source.etag = etag === null || etag.startsWith('W/') ? undefined : etag;
  if ((source.total ?? 0) > model.bytesMax)
    throw new Fault('model.corrupt', { model: model.name, problem: `it would have ${source.total} bytes` });
}

function checkHead(head: Buffer, model: { readonly name: string; readonly kind: ModelEntry['kind'] }): void {
  const problem = findHeaderProblem(head, model.kind);
  if (problem !== undefined) throw new Fault('model.corrupt', { model: model.name, problem });
}

function problem(model: Wanted, error: unknown): Fault {
  const cause =
    error instanceof Error ? (error.cause instanceof Error ? error.cause : error) : new Error(String(error));
  const text = cause.name === 'AbortError' ? 'no data came for too long' : cause.message;
  return new Fault('model.download', { model: model.name, problem: text }, { cause: error });
}
