import type { Hypothesis } from '../hypothesis.ts';

/** Below this much speech a detection says little. */
const SECONDS_MIN = 1;
/** How sure a detection must be to be the first, and to speak against the language in force. */
const FIRST_SURE = 0.5;
const SURE = 0.8;
/** Finals in a row in another language before the lock moves there. */
const SWITCH_AFTER = 2;
/** A span whose language was doubted is asked about again when it is this much longer. */
const ASK_AGAIN = 1.5;

/** How much of a span there is, and how much of it there was when a detection in it was not trusted (0: never). */
export interface DetectionProgress {
  readonly seconds: number;
  readonly doubtedSeconds: number;
}

/** What was learned of the language, to go on with after a restart. */
export interface LanguageSnapshot {
  readonly locked?: string | undefined;
  readonly other?: string | undefined;
  readonly streak: number;
}

/**
 * Which language to decode in: fixed by the client, or detected and locked with hysteresis. One foreign name does not
 * flip it; a speaker who changes language is followed at the second sentence.
 */
export class LanguageSelector {
  readonly #fixed: string | undefined;
  #locked: string | undefined;
  #other: string | undefined;
  #streak: number;

  /**
   * `asked` is a code or `auto`; with `auto` only the `allowed` are considered, all when there are none. `seed` is what
   * was learned before a restart.
   */
  constructor(asked: string, allowed: readonly string[] = [], seed: LanguageSnapshot = { streak: 0 }) {
    this.#fixed = asked === 'auto' ? (allowed.length === 1 ? allowed[0] : undefined) : asked;
    this.#locked = this.#fixed ?? seed.locked;
    this.#other = seed.other;
    this.#streak = seed.streak;
  }

  get seed(): LanguageSnapshot {
    return { locked: this.#locked, other: this.#other, streak: this.#streak };
  }

  /** The language in force, undefined until one was heard. */
  get locked(): string | undefined {
    return this.#locked;
  }

  /** Whether nothing is detected: the client named one language. */
  get fixed(): boolean {
    return this.#fixed !== undefined;
  }

  /** Whether nothing speaks for another language than the one in force. */
  get settled(): boolean {
    return this.#locked !== undefined && this.#streak === 0;
  }

  /** What a decode of a span is asked to use. */
  ask({ seconds, doubtedSeconds }: DetectionProgress): string {
    if (this.#fixed !== undefined) return this.#fixed;
    const least = Math.max(SECONDS_MIN, doubtedSeconds * ASK_AGAIN);
    return this.#locked !== undefined && seconds < least ? this.#locked : 'auto';
  }

  /** Whether a detection is good enough to be shown or kept; otherwise the span is decoded again in `locked`. */
  trusts(hypothesis: Hypothesis, seconds: number): boolean {
    if (this.#locked === undefined || hypothesis.language === this.#locked) return true;
    return isWitness(hypothesis, seconds, SURE);
  }

  /** Whether a detection leaves no doubt that the language in force is spoken. */
  confirms(hypothesis: Hypothesis, seconds: number): boolean {
    return hypothesis.language === this.#locked && isWitness(hypothesis, seconds, SURE);
  }

  /** Learns from a final that was kept; true when the lock moved. */
  hear(hypothesis: Hypothesis, span: DetectionProgress): boolean {
    // What was decoded in a language it was told says nothing about the speaker.
    if (this.ask(span) !== 'auto') return false;
    const { language } = hypothesis;
    if (language === this.#locked) {
      this.#streak = 0;
      return false;
    }
    if (!isWitness(hypothesis, span.seconds, this.#locked === undefined ? FIRST_SURE : SURE)) return false;
    this.#streak = this.#other === language ? this.#streak + 1 : 1;
    this.#other = language;
    if (this.#locked !== undefined && this.#streak < SWITCH_AFTER) return false;
    this.#locked = language;
    this.#other = undefined;
    this.#streak = 0;
    return true;
  }
}

function isWitness({ languageProbability }: Hypothesis, seconds: number, sure: number): boolean {
  return languageProbability >= sure && seconds >= SECONDS_MIN;
}
