import type { Load } from './load.ts';

/** What sessions are told to do with less. */
export interface ServiceLevel {
  /** How far down the server is; `none` is full service. */
  readonly step: 'none' | 'small' | 'slow' | 'short' | 'off';
  /** Multiplies the time between partials; 0 is no partials. */
  readonly cadence: number;
  /** `small`: English sessions that pinned no model go to the small one at the end of a sentence. */
  readonly model: 'own' | 'small';
  /** `short`: finals are decoded in the window their audio fills, without a floor. */
  readonly windows: 'full' | 'short';
  /** What finals wait for a slot, ms. */
  readonly lagMs: number;
}

export const FULL_SERVICE_LEVEL: ServiceLevel = { step: 'none', cadence: 1, model: 'own', windows: 'full', lagMs: 0 };

export interface LoadShedderOptions {
  /** Time between two partials of a sentence at cadence 1, ms. */
  readonly everyMs: number;
  readonly slots: number;
  /** What a decode costs on the small model, 1 is as much as on the own; undefined when there is none. */
  readonly smallCost?: number | undefined;
}

type Step = Omit<ServiceLevel, 'lagMs'>;

/** In the order in which service is given up. Finals and audio are never on the list. */
const STEPS: readonly Step[] = [
  { step: 'none', cadence: 1, model: 'own', windows: 'full' },
  { step: 'small', cadence: 1, model: 'small', windows: 'full' },
  { step: 'slow', cadence: 2, model: 'small', windows: 'full' },
  { step: 'slow', cadence: 3, model: 'small', windows: 'full' },
  { step: 'slow', cadence: 5, model: 'small', windows: 'full' },
  { step: 'slow', cadence: 7.5, model: 'small', windows: 'full' },
  { step: 'short', cadence: 7.5, model: 'small', windows: 'short' },
  { step: 'off', cadence: 0, model: 'small', windows: 'short' },
];
const CADENCE_MAX = 7.5;
/** Partials of the own model this much rarer are still worth more than as many as asked of the small one. */
const OWN_CADENCE_MAX = 1.5;

/** Averages beyond which something must be given up, and below which something may be given back. */
const PARTIAL_WAIT_LONG_MS = 250;
const FINAL_WAIT_LONG_MS = 250;
const PARTIAL_WAIT_SHORT_MS = 80;
const FINAL_WAIT_SHORT_MS = 100;
/** Share of the slots' time all decodes together may take, and may be expected to take after a step back. */
const BUSY_WANTED = 0.8;
const BUSY_AFTER_MAX = 0.85;
/** What the finals of a short window cost beside those of a full one. */
const SHORT_COST = 0.6;

const DOWN_EVERY_MS = 800;
/** Calm this long before a step back; doubled each time a step back did not last, to a bound. */
const CALM_MS = 3_000;
const CALM_MAX_MS = 24_000;
/** A step down this soon after a step back means that it came too early. */
const RELAPSE_MS = 10_000;
const FORGIVE_MS = 60_000;

/**
 * Gives up service step by step while decodes wait too long, and gives it back when it can be afforded. Beside the steps
 * the cadence always follows what a partial was measured to cost, so that a queue does not have to grow first.
 */
export class LoadShedder {
  readonly #options: LoadShedderOptions;
  readonly #steps: readonly Step[];
  #at = 0;
  #movedMs = Number.NEGATIVE_INFINITY;
  #backMs = Number.NEGATIVE_INFINITY;
  #downMs = Number.NEGATIVE_INFINITY;
  #restlessMs = 0;
  #calmMs = CALM_MS;

  constructor(options: LoadShedderOptions) {
    this.#options = options;
    this.#steps =
      options.smallCost === undefined
        ? STEPS.filter(({ step }) => step !== 'small').map((step) => ({ ...step, model: 'own' as const }))
        : STEPS;
  }

  consider(load: Load, nowMs: number): ServiceLevel {
    const fit = this.#fit(load, this.#step);
    if (this.#strained(load, fit)) this.#down(nowMs);
    else if (!this.#calm(load)) this.#restlessMs = nowMs;
    else if (nowMs - Math.max(this.#movedMs, this.#restlessMs) >= this.#calmMs) this.#back(nowMs);
    const { cadence, ...step } = this.#step;
    // Quarters, so that the cadence does not change with every decode.
    const slow = Math.round(Math.min(CADENCE_MAX, fit) * 4) / 4;
    return {
      ...step,
      cadence: cadence === 0 ? 0 : Math.max(cadence, slow),
      lagMs: Math.round(load.finalWaitMs),
    };
  }

  get #step(): Step {
    return this.#steps[this.#at]!;
  }

  /** Cadence at which the partials of all who speak fit beside the finals; 1 or less is as often as asked. */
  #fit({ partialMs, speakers, finalsBusy }: Load, step: Step): number {
    const { everyMs, slots } = this.#options;
    const cost = this.#cost(step) / this.#cost(this.#step);
    const wanted = (speakers * partialMs * cost) / (everyMs * slots);
    return wanted / Math.max(0.2, BUSY_WANTED - finalsBusy * cost);
  }

  #cost({ model }: Step): number {
    return model === 'small' ? (this.#options.smallCost ?? 1) : 1;
  }

  #strained(load: Load, fit: number): boolean {
    const next = this.#steps[this.#at + 1];
    if (load.finalWaitMs > FINAL_WAIT_LONG_MS) return true;
    if (next?.step === 'small') return fit > OWN_CADENCE_MAX || load.partialWaitMs > PARTIAL_WAIT_LONG_MS;
    // Late partials are still worth more than none: what follows is given up for finals alone.
    return next?.step === 'slow' && load.partialWaitMs > PARTIAL_WAIT_LONG_MS;
  }

  #calm(load: Load): boolean {
    const back = this.#steps[this.#at - 1];
    if (back === undefined || load.finalWaitMs > FINAL_WAIT_SHORT_MS) return false;
    if (this.#step.cadence > 0 && load.partialWaitMs > PARTIAL_WAIT_SHORT_MS) return false;
    const cost = this.#cost(back) / this.#cost(this.#step);
    if (cost > 1 && this.#fit(load, back) > OWN_CADENCE_MAX) return false;
    return this.#busyAfter(load, back) <= BUSY_AFTER_MAX;
  }

  #busyAfter(load: Load, back: Step): number {
    const now = this.#step;
    const cost = this.#cost(back) / this.#cost(now);
    const windows = now.windows === 'short' && back.windows === 'full' ? 1 / SHORT_COST : 1;
    // How busy partials would keep the slots is not known while there are none: the slow ones, about as much as finals.
    const partials =
      now.cadence === 0
        ? load.finalsBusy
        : (load.partialsBusy * Math.max(now.cadence, this.#fit(load, now))) /
          Math.max(back.cadence, this.#fit(load, back));
    return load.finalsBusy * cost * windows + partials * cost;
  }

  #down(nowMs: number): void {
    this.#restlessMs = nowMs;
    if (this.#at === this.#steps.length - 1 || nowMs - this.#movedMs < DOWN_EVERY_MS) return;
    if (nowMs - this.#backMs < RELAPSE_MS) this.#calmMs = Math.min(CALM_MAX_MS, this.#calmMs * 2);
    else if (nowMs - this.#downMs > FORGIVE_MS) this.#calmMs = CALM_MS;
    this.#at++;
    this.#movedMs = nowMs;
    this.#downMs = nowMs;
  }

  #back(nowMs: number): void {
    this.#at--;
    this.#movedMs = nowMs;
    this.#backMs = nowMs;
  }
}
