import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Fault, isFault } from '../protocol/index.ts';
import { takeLock } from './lock.ts';
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
  readonly progress?: (bytes: number, total: number) => void;
}

type Wanted = Pick<ModelEntry, 'name' | 'url' | 'bytes' | 'sha256'>;

/**
 * Fetches a model to `path`: resumes a broken download, checks size and hash, and only then gives the file its name.
 * Rejects with `model.download` when it cannot be had and `model.corrupt` when what came is something else.
 */
export async function pullModel(model: Wanted, path: string, options: PullOptions = {}): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  await using _ = await takeLock(`${path}.lock`, model.name);
  const url =
    options.mirror === undefined ? model.url : model.url.replace(DEFAULT_SOURCE, options.mirror.replace(/\/+$/, ''));
  const attempts = options.attempts ?? 5;
  for (let attempt = 1; ; attempt++) {
    try {
      await download(url, part, model, options);
      break;
    } catch (error) {
      if (isFault(error) || attempt >= attempts) throw isFault(error) ? error : problem(model, error);
      await new Promise((resolve) => setTimeout(resolve, (options.backOffMs ?? 1_000) * 2 ** (attempt - 1)));
    }
  }
  const verdict = await verifyFile(part, model);
  if (!verdict.ok) {
    await rm(part, { force: true });
    throw new Fault('model.corrupt', { model: model.name, problem: verdict.problem });
  }
  await rename(part, path);
}

async function download(url: string, part: string, model: Wanted, options: PullOptions): Promise<void> {
  let have = (await stat(part).catch(() => undefined))?.size ?? 0;
  if (have > model.bytes) {
    await rm(part, { force: true });
    have = 0;
  }
  if (have === model.bytes) return;
  const stall = new AbortController();
  const headers: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : {};
  let timer = setTimeout(() => stall.abort(), options.stallMs ?? 30_000);
  try {
    const response = await fetch(url, { headers, signal: stall.signal });
    if (response.status === 416) {
      await rm(part, { force: true });
      throw new Error('the server refused to go on from where the download broke off');
    }
    if (!response.ok || response.body === null) {
      const fault = new Fault('model.download', {
        model: model.name,
        problem: `the server answered ${response.status}`,
      });
      // What the server will say again is not worth asking again.
      if (response.status < 500) throw fault;
      throw new Error(fault.message);
    }
    // A server that knows no ranges sends everything again.
    const from = response.status === 206 ? have : 0;
    let got = from;
    const watched = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of Readable.fromWeb(response.body as never)) {
        clearTimeout(timer);
        timer = setTimeout(() => stall.abort(), options.stallMs ?? 30_000);
        got += (chunk as Uint8Array).length;
        if (got > model.bytes) {
          throw new Fault('model.corrupt', { model: model.name, problem: `more than ${model.bytes} bytes came` });
        }
        options.progress?.(got, model.bytes);
        yield chunk as Uint8Array;
      }
    };
    await pipeline(watched, createWriteStream(part, { flags: from > 0 ? 'a' : 'w' }));
    if (got < model.bytes) throw new Error(`the connection ended after ${got} of ${model.bytes} bytes`);
  } finally {
    clearTimeout(timer);
  }
}

function problem(model: Wanted, error: unknown): Fault {
  const cause =
    error instanceof Error ? (error.cause instanceof Error ? error.cause : error) : new Error(String(error));
  const text = cause.name === 'AbortError' ? 'no data came for too long' : cause.message;
  return new Fault('model.download', { model: model.name, problem: text }, { cause: error });
}
