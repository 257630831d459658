import { describeFile, listPresentModels, type RankedModel } from '../../models/present.ts';
import type { Config } from '../config/options.ts';
import { findMeasurement, type MeasuredOn, type Measurement } from '../core/capacity/measurement.ts';
import { type CandidateModel, chooseModels } from '../core/capacity/model-choice.ts';
import { describeEngineBuild, describeProcessor } from '../engine/machine.ts';
import { findNativeMismatch } from '../engine/native/locate.ts';

/** The embedded model for all languages, with which a first start begins. */
const STANDARD_MODEL = 'base';

/** Where this server measures with an engine. */
export function describeHere(config: Config, engine: 'native' | 'stock' | 'script'): MeasuredOn {
  const { slots, vad, cleanup, 'turn-detector': turn } = config;
  const decodes = {
    beams: config['final-beams'],
    retries: config['final-retries'],
    everyMs: config['partial-every-ms'],
  };
  const windows = { final: config['final-window'], partial: config['partial-window'] };
  return {
    machine: describeProcessor(),
    engine: describeEngineBuild(engine),
    options: JSON.stringify({ slots, vad, turn, cleanup, ...decodes, ...windows }),
  };
}

/** The configuration with the names of models in the place of `auto`, chosen by what was measured. */
export function selectModels(config: Config, kept: readonly Measurement[]): Config {
  const { 'small-model': small } = config;
  if (config.model !== 'auto') return { ...config, 'small-model': small === 'auto' ? 'none' : small };
  // An engine that is there and cannot run is not the one that will: its models would be far too large.
  const isNative = config.engine === 'auto' ? findNativeMismatch() === undefined : config.engine === 'native';
  const on = describeHere(config, isNative ? 'native' : 'stock');
  const choice = chooseModels(
    listPresentModels().map((model) => addCost(model, kept, on)),
    STANDARD_MODEL,
  );
  return {
    ...config,
    model: choice?.own.name ?? STANDARD_MODEL,
    'small-model': small === 'auto' ? (choice?.english?.name ?? 'none') : small,
  };
}

function addCost(model: RankedModel, kept: readonly Measurement[], on: MeasuredOn): RankedModel & CandidateModel {
  const found = findMeasurement(kept, on, { model: model.name, file: describeFile(model.path) });
  return { ...model, decodeS: found?.decodeS };
}
