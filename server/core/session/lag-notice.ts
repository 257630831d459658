import type { ServiceLevel } from '../schedule/load-shedder.ts';

/** A client is told when finals come later than this, and that they have caught up below half of it. */
const LAG_NOTICE_MS = 2_000;

type Lag = 'none' | 'late' | 'slow' | 'short' | 'off';

const TEXTS: Readonly<Record<Lag, string>> = {
  none: 'Decoding has caught up.',
  late: 'Finals come late; none is dropped.',
  slow: 'The server is busy: partials come less often.',
  short: 'The server is busy: partials come less often, and finals are decoded in shorter windows.',
  off: 'The server is busy: partials are off for now; finals and audio are not dropped.',
};

/** Decides when a client is told that its session gets less service, and composes the text. */
export class LagNotice {
  #isLagging: boolean;
  #current: Lag = 'none';

  /** `isLagging`: whether finals were late before a restart. */
  constructor(isLagging: boolean) {
    this.#isLagging = isLagging;
    this.#current = lagOf('none', isLagging);
  }

  get isLagging(): boolean {
    return this.#isLagging;
  }

  /** The notice that a new level of service is worth; undefined for none. `behindMs` is 0 while decoding keeps up. */
  update({ step, lagMs }: ServiceLevel): { readonly text: string; readonly behindMs: number } | undefined {
    const before = this.#current;
    this.#isLagging = lagMs >= (this.#isLagging ? LAG_NOTICE_MS / 2 : LAG_NOTICE_MS);
    this.#current = lagOf(step, this.#isLagging);
    if (this.#current === before) return undefined;
    const behind = `Decoding is ${(lagMs / 1_000).toFixed(1)} s behind. `;
    return {
      text: `${this.#isLagging ? behind : ''}${TEXTS[this.#current]}`,
      behindMs: this.#isLagging ? Math.round(lagMs) : 0,
    };
  }
}

/** The part of a service level that this notice is about; a change of model is announced by the track. */
function lagOf(step: ServiceLevel['step'], isLagging: boolean): Lag {
  if (step === 'none' || step === 'small') return isLagging ? 'late' : 'none';
  return step;
}
