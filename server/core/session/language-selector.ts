import type { Hypothesis } from '../hypothesis.ts';

/** Below this much speech a detection says little. */
const SECONDS_MIN = 1;
/** Least probability of the first detection, and of one that contradicts the language in force. */
const FIRST_PROBABILITY_MIN = 0.5;
const PROBABILITY_MIN = 0.8;
/** A sentence of fewer seconds or words, such as "Nein", does not move the lock, however often it is said. */
const SWITCH_SECONDS_MIN = 1.5;
const SWITCH_WORDS_MIN = 2;
/** Finals in a row in another language before the lock moves there. */
const SWITCH_AFTER = 2;
/** A span whose detected language was rejected is asked about again when it has grown by this factor. */
const ASK_AGAIN_FACTOR = 1.5;
/** The same right behind a sentence in another language, whose words must not become stable in the one in force. */
const ASK_AGAIN_UNSETTLED_FACTOR = 1.1;

/** A span a language is to be detected in, seconds. */
export interface DetectionProgress {
  readonly seconds: number;
  /** How long it was when a detection in it was rejected; 0 when none was. */
  readonly rejectedSeconds: number;
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
   * `asked` is a code or `auto`. With `auto` only the `allowed` languages are considered, or all when there are none.
   * `snapshot` is what was learned before a restart.
   */
  constructor(asked: string, allowed: readonly string[] = [], snapshot: LanguageSnapshot = { streak: 0 }) {
    this.#fixed = asked === 'auto' ? (allowed.length === 1 ? allowed[0] : undefined) : asked;
    this.#locked = this.#fixed ?? snapshot.locked;
    this.#other = snapshot.other;
    this.#streak = snapshot.streak;
  }

  get snapshot(): LanguageSnapshot {
    return { locked: this.#locked, other: this.#other, streak: this.#streak };
  }

  /** The language in force; undefined until one has been detected. */
  get locked(): string | undefined {
    return this.#locked;
  }

  /** Whether nothing is detected: the client named one language. */
  get isFixed(): boolean {
    return this.#fixed !== undefined;
  }

  /** Whether nothing speaks for another language than the one in force. */
  get isSettled(): boolean {
    return this.#locked !== undefined && this.#streak === 0;
  }

  /** The language a decode of a span is given: a code, or `auto` to have it detected. */
  languageFor({ seconds, rejectedSeconds }: DetectionProgress): string {
    if (this.#fixed !== undefined) return this.#fixed;
    const factor = this.isSettled ? ASK_AGAIN_FACTOR : ASK_AGAIN_UNSETTLED_FACTOR;
    const least = Math.max(SECONDS_MIN, rejectedSeconds * factor);
    return this.#locked !== undefined && seconds < least ? this.#locked : 'auto';
  }

  /** Whether a span is long enough for a language to be detected in it. */
  mayDetect(seconds: number): boolean {
    return this.#fixed === undefined && seconds >= SECONDS_MIN;
  }

  /** Whether a detection is good enough to be shown or kept; otherwise the span is decoded again in `locked`. */
  accepts(hypothesis: Hypothesis, seconds: number): boolean {
    if (this.#locked === undefined || hypothesis.language === this.#locked) return true;
    return isConvincing(hypothesis, seconds, PROBABILITY_MIN);
  }

  /** Whether it is a first detection that is not worth showing. */
  isGuess({ languageProbability }: Hypothesis): boolean {
    return this.#locked === undefined && languageProbability < FIRST_PROBABILITY_MIN;
  }

  /** Whether a detection leaves no doubt that the language in force is spoken. A decode that was given its language is none. */
  isConfirmedBy(hypothesis: Hypothesis, seconds: number): boolean {
    const isDetected = hypothesis.languageProbabilities !== undefined;
    return isDetected && hypothesis.language === this.#locked && isConvincing(hypothesis, seconds, PROBABILITY_MIN);
  }

  /** Learns from a decode whose text became final. Returns true when the lock moved. */
  learn(hypothesis: Hypothesis, span: DetectionProgress): boolean {
    // A decode that was given its language says nothing about the speaker.
    if (this.languageFor(span) !== 'auto') return false;
    const { language } = hypothesis;
    if (language === this.#locked) {
      this.#streak = 0;
      return false;
    }
    const least = this.#locked === undefined ? FIRST_PROBABILITY_MIN : PROBABILITY_MIN;
    if (!isConvincing(hypothesis, span.seconds, least)) return false;
    const isShort = span.seconds < SWITCH_SECONDS_MIN || hypothesis.words.length < SWITCH_WORDS_MIN;
    if (this.#locked !== undefined && isShort) return false;
    this.#streak = this.#other === language ? this.#streak + 1 : 1;
    this.#other = language;
    if (this.#locked !== undefined && this.#streak < SWITCH_AFTER) return false;
    this.#locked = language;
    this.#other = undefined;
    this.#streak = 0;
    return true;
  }
}

function isConvincing({ languageProbability }: Hypothesis, seconds: number, least: number): boolean {
  return languageProbability >= least && seconds >= SECONDS_MIN;
}
