import type { Hypothesis } from '../hypothesis.ts';

/** Below this much speech a detection says little. */
const SECONDS_MIN = 1;
const SURE = 0.8;
/** Finals in a row in another language before the lock moves there. */
const SWITCH_AFTER = 2;

/**
 * Which language to decode in: fixed by the client, or detected and locked with hysteresis. One foreign name does not
 * flip it; a speaker who changes language is followed at the second sentence.
 */
export class LanguageChoice {
  readonly #asked: string;
  #locked: string | undefined;
  #other: string | undefined;
  #streak = 0;

  constructor(asked: string) {
    this.#asked = asked;
    if (asked !== 'auto') this.#locked = asked;
  }

  /** The language in force, undefined until one was heard. */
  get locked(): string | undefined {
    return this.#locked;
  }

  /** What a decode of a span of this many seconds is asked to use. */
  ask(seconds: number): string {
    if (this.#asked !== 'auto') return this.#asked;
    return this.#locked !== undefined && seconds < SECONDS_MIN ? this.#locked : 'auto';
  }

  /** Whether a detection is good enough to be shown or kept; otherwise the span is decoded again in `locked`. */
  trusts(hypothesis: Hypothesis, seconds: number): boolean {
    if (this.#asked !== 'auto' || this.#locked === undefined || hypothesis.language === this.#locked) return true;
    return hypothesis.languageProbability >= SURE && seconds >= SECONDS_MIN;
  }

  /** Learns from a final that was kept; true when the lock moved. */
  hear(hypothesis: Hypothesis): boolean {
    const { language } = hypothesis;
    if (this.#asked !== 'auto') return false;
    if (this.#locked === undefined || language === this.#locked) {
      const moved = this.#locked !== language;
      this.#locked = language;
      this.#streak = 0;
      return moved;
    }
    this.#streak = this.#other === language ? this.#streak + 1 : 1;
    this.#other = language;
    if (this.#streak < SWITCH_AFTER) return false;
    this.#locked = language;
    this.#streak = 0;
    return true;
  }
}
