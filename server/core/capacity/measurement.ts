/** Where something was measured; a measurement counts only where all of it is the same. */
export interface MeasuredOn {
  /** Processor and number of cores. */
  readonly machine: string;
  /** Engine and its build. */
  readonly engine: string;
  /** The server's options that change the cost of a stream. */
  readonly options: string;
}

/** What is known of one model file on one machine. */
export interface Measurement extends MeasuredOn {
  /** Name of the model. */
  readonly model: string;
  /** Name, size and date of its file, or the name alone of a file that is not here. */
  readonly file: string;
  /** Seconds that a final of 4 s takes alone on all cores, at best. */
  readonly decodeS?: number | undefined;
  /** Whether `decodeS` is that of random weights of its shape; the model itself has not run. */
  readonly isEstimate?: boolean | undefined;
  /** Live streams that the machine carries. */
  readonly streams?: number | undefined;
  /** Whether it may carry more than `streams`. */
  readonly isLeast?: boolean | undefined;
}

/** Measurements that are kept; the oldest make room. */
export const MEASUREMENTS_MAX = 64;

const isSame = (a: Measurement, b: Measurement): boolean =>
  a.machine === b.machine &&
  a.engine === b.engine &&
  a.options === b.options &&
  a.file === b.file &&
  a.model === b.model;

/**
 * Adds what was measured to what is kept, as the newest. Of two times of a decode the shorter one stays, because the machine was
 * busy during the other; but an estimate never stays beside a time of the model itself.
 */
export function mergeMeasurement(kept: readonly Measurement[], measured: Measurement): readonly Measurement[] {
  const before = kept.find((each) => isSame(each, measured));
  const merged: Measurement = {
    ...measured,
    ...pickDecodeTime(before, measured),
    streams: measured.streams ?? before?.streams,
    isLeast: measured.streams === undefined ? before?.isLeast : measured.isLeast,
  };
  return [...kept.filter((each) => each !== before), merged].slice(-MEASUREMENTS_MAX);
}

function pickDecodeTime(
  before: Measurement | undefined,
  now: Measurement,
): Pick<Measurement, 'decodeS' | 'isEstimate'> {
  const timed = [before, now].filter((each) => each?.decodeS !== undefined);
  const own = timed.filter((each) => each?.isEstimate !== true);
  const [first, second] = own.length > 0 ? own : timed;
  const best = second !== undefined && second.decodeS! < first!.decodeS! ? second : first;
  return { decodeS: best?.decodeS, isEstimate: best?.isEstimate };
}

/** What is known of a model's file here; undefined when nothing is. */
export function findMeasurement(
  kept: readonly Measurement[],
  on: MeasuredOn,
  { model, file }: { readonly model: string; readonly file: string },
): Measurement | undefined {
  return kept.find((each) => isSame(each, { ...on, model, file }));
}
