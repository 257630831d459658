import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ModelAddress } from './address.ts';
import { checkModelHeader, getCacheFolder } from './locate.ts';
import { type PullOptions, pullModel } from './pull.ts';
import type { ModelKind } from './registry.ts';
import { hashFile } from './verify.ts';

type UrlAddress = Extract<ModelAddress, { kind: 'url' }>;

/** What was measured when a file was fetched from a URL. No hash was published, so later checks compare with this. */
export interface FetchedModel {
  readonly url: string;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Maximum size of a download without a published hash, bytes. */
const FETCHED_BYTES_MAX = 16_000_000_000;

export const detectModelKind = (file: string): ModelKind => (file.endsWith('.gguf') ? 'cleanup' : 'speech');

const getNotePath = (file: string): string => join(getCacheFolder(), `${file}.json`);

/** All models fetched from a URL that are still here. */
export function listFetchedModels(): readonly FetchedModel[] {
  if (!existsSync(getCacheFolder())) return [];
  return readdirSync(getCacheFolder())
    .filter((name) => /\.(bin|gguf)\.json$/.test(name))
    .map((name) => readFetchNote(name.replace(/\.json$/, '')))
    .filter((note) => note !== undefined && existsSync(join(getCacheFolder(), note.file)))
    .map((note) => note!);
}

export function readFetchNote(file: string): FetchedModel | undefined {
  try {
    const { url, bytes, sha256 } = JSON.parse(readFileSync(getNotePath(file), 'utf8')) as FetchedModel;
    return { url, file, bytes, sha256 };
  } catch {
    return undefined;
  }
}

/**
 * Fetches a model from a URL into the cache and checks its header before the rest arrives. Rejects with
 * `model.download` or `model.corrupt`.
 */
export async function fetchModel(address: UrlAddress, options: PullOptions = {}): Promise<FetchedModel> {
  const path = join(getCacheFolder(), address.file);
  const kind = detectModelKind(address.file);
  await pullModel({ name: address.shown, url: address.url, kind, bytesMax: FETCHED_BYTES_MAX }, path, options);
  const note = { url: address.shown, file: address.file, ...(await measureFile(path, address.shown, kind)) };
  await mkdir(dirname(path), { recursive: true });
  await writeFile(getNotePath(address.file), `${JSON.stringify(note, undefined, 2)}\n`);
  return note;
}

async function measureFile(path: string, name: string, kind: ModelKind): Promise<{ bytes: number; sha256: string }> {
  const { bytes } = checkModelHeader(path, name, kind, undefined);
  return { bytes, sha256: await hashFile(path) };
}

export async function removeFetched(file: string): Promise<void> {
  await rm(join(getCacheFolder(), file));
  for (const path of [getNotePath(file), join(getCacheFolder(), `${file}.part`)]) await rm(path, { force: true });
}
