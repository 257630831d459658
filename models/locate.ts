import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Fault } from '../protocol/index.ts';
import { parseModelAddress } from './address.ts';
import { findHeaderProblem, HEADER_BYTES } from './header.ts';
import type { ModelEntry, ModelKind } from './registry.ts';

/** A model on this machine. */
export interface LocatedModel {
  readonly name: string;
  readonly kind: ModelKind;
  readonly path: string;
  readonly languages: 'all' | readonly string[];
  readonly multilingual: boolean;
}

/** The folder of the models that ship with the project. */
export function getEmbeddedFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'sotto') {
      return join(folder, 'models', 'embedded');
    }
  }
  throw new Error('The package folder of sotto was not found.');
}

/** The folder of pulled models: `SOTTO_MODELS`, or the user's cache folder. */
export function getCacheFolder(): string {
  const { SOTTO_MODELS, XDG_CACHE_HOME } = process.env;
  return SOTTO_MODELS ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'sotto', 'models');
}

/** Where the file of a known model is, or would be. */
export function getModelPath(model: ModelEntry): string {
  return join(model.embedded ? getEmbeddedFolder() : getCacheFolder(), model.file);
}

/**
 * Finds the file behind a name, path or URL, and checks what can be checked quickly: that it exists, is complete and of
 * its kind. Rejects with `model.unknown`, `model.absent` or `model.corrupt`.
 */
export async function resolveModel(text: string, options: { readonly kind: ModelKind }): Promise<LocatedModel> {
  const address = parseModelAddress(text);
  if (address.kind === 'unknown') {
    const hint = 'run `sotto models list` for the names, or give a path or an https URL of a .bin or .gguf file';
    throw new Fault('model.unknown', { model: address.name, want: hint });
  }
  if (address.kind === 'known') {
    const { model } = address;
    if (model.kind !== options.kind) {
      throw new Fault('model.unknown', {
        model: text,
        want: `it is a ${model.kind} model, and a ${options.kind} model is wanted`,
      });
    }
    const path = getModelPath(model);
    checkModelHeader(path, model.name, model.kind, model.bytes);
    return {
      name: model.name,
      kind: model.kind,
      path,
      languages: model.languages,
      multilingual: model.languages === 'all',
    };
  }
  const path = address.kind === 'path' ? address.path : join(getCacheFolder(), address.file);
  const shown = address.kind === 'url' ? address.shown : text;
  if (address.kind === 'path' && !existsSync(path))
    throw new Fault('model.absent', { model: text, path, pulled: false });
  const { vocabulary } = checkModelHeader(path, shown, options.kind, undefined);
  const multilingual = options.kind !== 'speech' || vocabulary >= 51_865;
  const name = basename(path)
    .replace(/^ggml-/, '')
    .replace(address.kind === 'url' ? /\.[0-9a-f]{8}\.(bin|gguf)$/ : /\.(bin|gguf)$/, '');
  return { name, kind: options.kind, path, languages: multilingual ? 'all' : ['en'], multilingual };
}

/** Checks size and header; the vocabulary size is the second number in a Whisper file. */
export function checkModelHeader(
  path: string,
  model: string,
  kind: ModelKind,
  bytes: number | undefined,
): { readonly bytes: number; readonly vocabulary: number } {
  let size: number;
  const header = Buffer.alloc(HEADER_BYTES);
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw new Error('not a file');
    size = stat.size;
    const file = openSync(path, 'r');
    readSync(file, header, 0, HEADER_BYTES, 0);
    closeSync(file);
  } catch (cause) {
    throw new Fault('model.absent', { model, path }, { cause });
  }
  if (bytes !== undefined && size !== bytes) {
    throw new Fault('model.corrupt', { model, problem: `it has ${size} bytes instead of ${bytes}` });
  }
  const problem = findHeaderProblem(header, kind);
  if (problem !== undefined) throw new Fault('model.corrupt', { model, problem });
  return { bytes: size, vocabulary: header.readInt32LE(4) };
}
