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
  /** Name, size and date of its file; `shape` for weights that were random. */
  readonly file: string;
  /** Seconds that a final of 4 s takes alone on all cores, at best. */
  readonly decodeS?: number | undefined;
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
 * Adds what was measured to what is kept, as the newest. Of two times of a decode the shorter one stays: the machine was busy
 * during the other.
 */
export function mergeMeasurement(kept: readonly Measurement[], measured: Measurement): readonly Measurement[] {
  const before = kept.find((each) => isSame(each, measured));
  const times = [before?.decodeS, measured.decodeS].filter((time) => time !== undefined);
  const merged: Measurement = {
    ...measured,
    decodeS: times.length === 0 ? undefined : Math.min(...times),
    streams: measured.streams ?? before?.streams,
    isLeast: measured.streams === undefined ? before?.isLeast : measured.isLeast,
  };
  return [...kept.filter((each) => each !== before), merged].slice(-MEASUREMENTS_MAX);
}

/** What is known of a model's file here; undefined when nothing is. */
export function findMeasurement(
  kept: readonly Measurement[],
  on: MeasuredOn,
  { model, file }: { readonly model: string; readonly file: string },
): Measurement | undefined {
  return kept.find((each) => isSame(each, { ...on, model, file }));
}
