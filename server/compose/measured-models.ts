import { resolveModel } from '../../models/locate.ts';
import { describeFile } from '../../models/present.ts';
import type { Config } from '../config/options.ts';
import { findMeasurement, type MeasuredOn, type Measurement } from '../core/capacity/measurement.ts';
import { isEnglishSmall } from '../core/capacity/model-choice.ts';
import { WARM_UP_S } from '../engine/warm-up.ts';
import type { Log } from '../ports/log.ts';
import type { MeasurementFile } from '../store/measurement-file.ts';
import type { Engines } from './engines.ts';
import { describeHere } from './select-models.ts';

/** A model that runs, with what is known of it on this machine. */
export interface RunningModel {
  readonly model: string;
  readonly multilingual: boolean;
  readonly file: string;
  readonly realTimeFactor: number;
  /** Seconds that a final of 4 s takes alone, at best. */
  readonly decodeS: number;
  readonly streams: number | undefined;
  readonly isLeast: boolean;
}

export interface MeasuredModels {
  readonly on: MeasuredOn;
  readonly own: RunningModel;
  readonly small: RunningModel | undefined;
  /** Whether English sessions that name no model begin with the small one. */
  readonly isEnglishSmall: boolean;
}

/** Puts what the running models cost into the file, and takes out of it what is known of them. */
export async function measureRunningModels(
  config: Config,
  asked: Pick<Config, 'model' | 'small-model'>,
  { info }: Pick<Engines, 'info'>,
  { file, log }: { readonly file: MeasurementFile; readonly log: Log },
): Promise<MeasuredModels> {
  const on: MeasuredOn = describeHere(config, info.engine);
  const read = async (given: string, running: { model: string; multilingual: boolean; realTimeFactor: number }) => {
    const id = { model: running.model, file: describeFile((await resolveModel(given, { kind: 'speech' })).path) };
    const decodeS = running.realTimeFactor * WARM_UP_S;
    const before = findMeasurement(file.read(), on, id);
    const beforeS = before?.isEstimate === true ? undefined : before?.decodeS;
    if (config.measure && (beforeS === undefined || decodeS < beforeS)) keep(file, { ...on, ...id, decodeS }, log);
    return {
      ...{ model: running.model, multilingual: running.multilingual, realTimeFactor: running.realTimeFactor },
      ...{ file: id.file, decodeS: Math.min(decodeS, beforeS ?? decodeS) },
      ...{ streams: before?.streams, isLeast: before?.isLeast ?? false },
    };
  };
  const own = await read(config.model, info);
  const small = info.small && (await read(config['small-model'], info.small));
  const isChosenHere = asked.model === 'auto' && asked['small-model'] === 'auto';
  return { on, own, small, isEnglishSmall: isChosenHere && isEnglishSmall(own.decodeS, small?.decodeS) };
}

/** Keeps a measurement. If it cannot be written, the next start measures again. */
export function keep(file: MeasurementFile, measured: Measurement, log: Log): void {
  try {
    file.add(measured);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    log.warn({ problem, path: file.path }, 'a measurement is not kept; the next start measures again');
  }
}
