/** What `npm test -- …` is asked to run. */
export interface RunArguments {
  /** Files whose paths hold one of these run; all when there is none. */
  readonly wanted: readonly string[];
  /** Whether every test of each file is named. */
  readonly each: boolean;
  /** Whether the coverage of the product's sources is measured and printed. */
  readonly coverage: boolean;
  /** Files that run side by side. */
  readonly jobs: number;
}

const JOBS_MAX = 64;
const USAGE = `npm test -- [--each] [--coverage] [--jobs=1…${JOBS_MAX}] [TEXT IN THE PATH OF A FILE…]`;

/** Throws an error for people when an argument is none of those: a mistyped one must not pass for a good run. */
export function readArguments(args: readonly string[], jobsDefault: number): RunArguments {
  let each = false;
  let coverage = false;
  let jobs = jobsDefault;
  const wanted: string[] = [];
  for (const arg of args) {
    const count = /^--jobs=([1-9]\d?)$/.exec(arg)?.[1];
    if (arg === '--each') each = true;
    else if (arg === '--coverage') coverage = true;
    else if (count !== undefined && Number(count) <= JOBS_MAX) jobs = Number(count);
    else if (arg.startsWith('-')) throw new Error(`${arg} cannot be used. Usage: ${USAGE}`);
    else wanted.push(arg);
  }
  return { wanted, each, coverage, jobs };
}
