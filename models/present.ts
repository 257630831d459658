import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { checkModelHeader, getModelPath } from './locate.ts';
import { findModel, MODELS, type ModelEntry } from './registry.ts';

/** A speech model known by name, with what matters for choosing one. */
export interface RankedModel {
  readonly name: string;
  readonly path: string;
  readonly isPresent: boolean;
  readonly multilingual: boolean;
  /** The larger, the fewer words it gets wrong. */
  readonly size: number;
}

/** Families of models from the smallest to the best. */
const FAMILIES = ['tiny', 'base', 'small', 'medium', 'large-v3-turbo', 'large-v1', 'large-v2', 'large-v3'];

/** All speech models that are embedded or pulled, and whole. */
export function listPresentModels(): readonly RankedModel[] {
  return MODELS.filter(({ kind }) => kind === 'speech')
    .map(rankModel)
    .filter(({ isPresent }) => isPresent);
}

/** A known speech model, whether or not it is present. Throws for a name that is not known. */
export function getRankedModel(name: string): RankedModel {
  const model = findModel(name);
  if (model?.kind !== 'speech') throw new Error(`${name} is no speech model.`);
  return rankModel(model);
}

/** Identifies a model's file by what changes when it is replaced; `name` where there is no file. */
export function describeFile(path: string): string {
  try {
    const { size, mtimeMs } = statSync(path);
    return `${basename(path)} ${size} ${Math.round(mtimeMs)}`;
  } catch {
    return basename(path);
  }
}

function rankModel(model: ModelEntry): RankedModel {
  const path = getModelPath(model);
  const family = FAMILIES.filter((each) => model.name.startsWith(each)).sort((a, b) => b.length - a.length)[0];
  return {
    ...{ name: model.name, path, isPresent: isWhole(model, path) },
    multilingual: model.languages === 'all',
    size: FAMILIES.indexOf(family ?? 'tiny'),
  };
}

/** A broken file must not be chosen: a server that names no model would not start because of it. */
function isWhole({ name, kind, bytes }: ModelEntry, path: string): boolean {
  try {
    checkModelHeader(path, name, kind, bytes);
    return true;
  } catch {
    return false;
  }
}
