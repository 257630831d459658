import type { Load } from './load.ts';

/** How much service sessions may ask for under the current load. */
export interface ServiceLevel {
  /** Which step of service is given up; `none` is full service. */
  readonly step: 'none' | 'small' | 'slow' | 'short' | 'off';
  /** Multiplies the time between partials; 0 is no partials. */
  readonly cadence: number;
  /** `small`: English sessions that did not choose a model move to the small one at the end of a sentence. */
  readonly model: 'own' | 'small';
  /** `short`: decodes take the window their audio fills, without a floor, and without the sentence before. */
  readonly windows: 'full' | 'short';
  /** How late finals come: how long they wait for a slot, and how long their decodes take, ms. */
  readonly lagMs: number;
}

export const FULL_SERVICE_LEVEL: ServiceLevel = { step: 'none', cadence: 1, model: 'own', windows: 'full', lagMs: 0 };

export interface LoadShedderOptions {
  /** Time between two partials of a sentence at cadence 1, ms. */
  readonly everyMs: number;
  readonly slots: number;
  /** Cost of a decode on the small model, where 1 is that of the server's own; undefined when there is no small model. */
  readonly smallCost?: number | undefined;
}

type Step = Omit<ServiceLevel, 'lagMs'>;

/** In the order in which service is given up. Finals and audio are never given up. */
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
/** Partials of the server's own model that are this much rarer are still better than frequent ones of the small model. */
const OWN_CADENCE_MAX = 1.5;

/** Average waits beyond which a step is given up, and below which one may be restored. */
const PARTIAL_WAIT_LONG_MS = 250;
const FINAL_WAIT_LONG_MS = 250;
const PARTIAL_WAIT_SHORT_MS = 80;
const FINAL_WAIT_SHORT_MS = 100;
/** Share of the slots' time that all decodes together may take, and that they may be expected to take once a step is restored. */
const BUSY_WANTED = 0.8;
const BUSY_AFTER_MAX = 0.85;
/** Cost of finals in a short window, where 1 is that of a full one. */
const SHORT_COST = 0.6;

const DOWN_EVERY_MS = 800;
/** How long the load must be calm before a step is restored; doubled, up to a bound, each time that did not last. */
const CALM_MS = 3_000;
const CALM_MAX_MS = 24_000;
/** A step given up this soon after one was restored means that it was restored too early. */
const RELAPSE_MS = 10_000;
const FORGIVE_MS = 60_000;

/**
 * Gives up service step by step while decodes wait too long, and restores it when it can be afforded. Besides the steps, the
 * cadence always follows the measured cost of a partial, so that a queue does not have to grow first.
 */
export class LoadShedder {
  readonly #options: LoadShedderOptions;
  readonly #steps: readonly Step[];
  #at = 0;
  #changedMs = Number.NEGATIVE_INFINITY;
  #restoredMs = Number.NEGATIVE_INFINITY;
  #givenUpMs = Number.NEGATIVE_INFINITY;
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
    const fit = this.#fittingCadence(load, this.#step);
    if (this.#isStrained(load, fit)) this.#giveUp(nowMs);
    else if (!this.#isCalm(load)) this.#restlessMs = nowMs;
    else if (nowMs - Math.max(this.#changedMs, this.#restlessMs) >= this.#calmMs) this.#restore(nowMs);
    const { cadence, ...step } = this.#step;
    // Quarters, so that the cadence does not change with every decode.
    const slow = Math.round(Math.min(CADENCE_MAX, fit) * 4) / 4;
    return {
      ...step,
      cadence: cadence === 0 ? 0 : Math.max(cadence, slow),
      // A sentence in mid-speech becomes final with a partial.
      lagMs: Math.round(load.finalWaitMs + Math.max(load.finalMs, load.partialMs)),
    };
  }

  get #step(): Step {
    return this.#steps[this.#at]!;
  }

  /** Cadence at which the partials of all who speak fit beside the finals; 1 or less is as often as asked. */
  #fittingCadence({ partialMs, speakers, finalsBusy }: Load, step: Step): number {
    const { everyMs, slots } = this.#options;
    const cost = this.#relativeCost(step) / this.#relativeCost(this.#step);
    const wanted = (speakers * partialMs * cost) / (everyMs * slots);
    return wanted / Math.max(0.2, BUSY_WANTED - finalsBusy * cost);
  }

  #relativeCost({ model }: Step): number {
    return model === 'small' ? (this.#options.smallCost ?? 1) : 1;
  }

  #isStrained(load: Load, fit: number): boolean {
    const next = this.#steps[this.#at + 1];
    if (load.finalWaitMs > FINAL_WAIT_LONG_MS) return true;
    if (next?.step === 'small') return fit > OWN_CADENCE_MAX || load.partialWaitMs > PARTIAL_WAIT_LONG_MS;
    // Late partials are still worth more than none: what follows is given up for finals alone.
    return next?.step === 'slow' && load.partialWaitMs > PARTIAL_WAIT_LONG_MS;
  }

  #isCalm(load: Load): boolean {
    const back = this.#steps[this.#at - 1];
    if (back === undefined || load.finalWaitMs > FINAL_WAIT_SHORT_MS) return false;
    if (this.#step.cadence > 0 && load.partialWaitMs > PARTIAL_WAIT_SHORT_MS) return false;
    const cost = this.#relativeCost(back) / this.#relativeCost(this.#step);
    if (cost > 1 && this.#fittingCadence(load, back) > OWN_CADENCE_MAX) return false;
    return this.#busyAfter(load, back) <= BUSY_AFTER_MAX;
  }

  #busyAfter(load: Load, back: Step): number {
    const now = this.#step;
    const cost = this.#relativeCost(back) / this.#relativeCost(now);
    const windows = now.windows === 'short' && back.windows === 'full' ? 1 / SHORT_COST : 1;
    // How busy partials would keep the slots is not known while there are none: the slow ones, about as much as finals.
    const partials =
      now.cadence === 0
        ? load.finalsBusy
        : (load.partialsBusy * Math.max(now.cadence, this.#fittingCadence(load, now))) /
          Math.max(back.cadence, this.#fittingCadence(load, back));
    return load.finalsBusy * cost * windows + partials * cost;
  }

  #giveUp(nowMs: number): void {
    this.#restlessMs = nowMs;
    if (this.#at === this.#steps.length - 1 || nowMs - this.#changedMs < DOWN_EVERY_MS) return;
    if (nowMs - this.#restoredMs < RELAPSE_MS) this.#calmMs = Math.min(CALM_MAX_MS, this.#calmMs * 2);
    else if (nowMs - this.#givenUpMs > FORGIVE_MS) this.#calmMs = CALM_MS;
    this.#at++;
    this.#changedMs = nowMs;
    this.#givenUpMs = nowMs;
  }

  #restore(nowMs: number): void {
    this.#at--;
    this.#changedMs = nowMs;
    this.#restoredMs = nowMs;
  }
}
