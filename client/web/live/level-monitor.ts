/** What the sound says about the microphone. */
export interface MicrophoneAdvice {
  readonly clipping: boolean;
  /** Too quiet to be speech, or sound in which no word was found, for a while. */
  readonly lacking: 'sound' | 'speech' | undefined;
}

/** Time without a word after which the page wonders, ms. */
export const SILENCE_HINT_MS = 8_000;
/** Below this peak nobody is speaking into this microphone. */
const FAINT = 0.012;
const FULL = 0.985;
/** So many overdriven blocks within this time are a habit, not a cough; the warning then stays as long. */
const CLIPS = 4;
const CLIP_MS = 3_000;

/** Watches loudness and words over time, and says what the speaker should know. Reads no clock: times are given. */
export class LevelMonitor {
  #wordsAt: number;
  #loudAt: number;
  #clips: number[] = [];
  #warnedUntil = Number.NEGATIVE_INFINITY;

  constructor(nowMs: number) {
    this.#wordsAt = nowMs;
    this.#loudAt = nowMs;
  }

  /** A word was recognised, or the microphone was muted on purpose. */
  words(nowMs: number): void {
    this.#wordsAt = nowMs;
    this.#loudAt = nowMs;
  }

  hear(peak: number, nowMs: number): MicrophoneAdvice {
    if (peak >= FAINT) this.#loudAt = nowMs;
    if (peak >= FULL) this.#clips.push(nowMs);
    this.#clips = this.#clips.filter((at) => nowMs - at < CLIP_MS);
    if (this.#clips.length >= CLIPS) this.#warnedUntil = nowMs + CLIP_MS;
    const wondering = nowMs - this.#wordsAt >= SILENCE_HINT_MS;
    const faint = nowMs - this.#loudAt >= SILENCE_HINT_MS / 2;
    return {
      clipping: nowMs < this.#warnedUntil,
      lacking: wondering ? (faint ? 'sound' : 'speech') : undefined,
    };
  }
}
