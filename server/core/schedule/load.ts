/** What the board measured lately, exponentially averaged, ms. */
export interface Load {
  /** From asking for a partial to its start. */
  readonly partialWaitMs: number;
  /** From asking for a final to its start. */
  readonly finalWaitMs: number;
}

const STEPS = [1, 1.5, 2, 4, 8, 0] as const;
const WAIT_TOO_LONG_MS = 250;
const WAIT_SHORT_MS = 60;
const FINAL_WAIT_TOO_LONG_MS = 700;

/**
 * The next multiplier of the partial cadence: slower partials while slots are short, none in the worst case, and back
 * step by step. Finals are never slowed.
 */
export function adviseCadence(current: number, load: Load): number {
  const at = Math.max(0, STEPS.indexOf(current as (typeof STEPS)[number]));
  if (load.partialWaitMs > WAIT_TOO_LONG_MS || load.finalWaitMs > FINAL_WAIT_TOO_LONG_MS) {
    return STEPS[Math.min(STEPS.length - 1, at + 1)]!;
  }
  const calm = load.partialWaitMs < WAIT_SHORT_MS && load.finalWaitMs < WAIT_SHORT_MS * 2;
  return calm ? STEPS[Math.max(0, at - 1)]! : current;
}

/** Decodes of the same second of speech a live stream costs in all: its finals, and partials at a slow cadence. */
const DECODES_PER_STREAM = 2;

/**
 * How many live streams this machine carries: decoding costs `realTimeFactor` seconds a second on all cores when
 * alone; competing decodes run one a core and lose little. At least one, however slow the machine.
 */
export function streamsCarried(realTimeFactor: number): number {
  return Math.max(1, Math.floor(1 / (realTimeFactor * DECODES_PER_STREAM)));
}
