/** Problems with the microphone that the sound reveals. */
export interface MicrophoneAdvice {
  readonly clipping: boolean;
  /** What has been missing for a while: sound loud enough to be speech, or words in the sound. */
  readonly lacking: 'sound' | 'speech' | undefined;
}

/** Time without a word after which the page warns, ms. */
export const SILENCE_HINT_MS = 8_000;
/** Speech into the microphone exceeds this peak. */
const FAINT = 0.012;
const FULL = 0.985;
/** This many overdriven blocks within this time are no single cough. The warning stays for the same time. */
const CLIPS = 4;
const CLIP_MS = 3_000;

/** Watches loudness and words over time and detects problems with the microphone. Reads no clock: the caller passes the time. */
export class LevelMonitor {
  #wordsAt: number;
  #loudAt: number;
  #clips: number[] = [];
  #warnedUntil = Number.NEGATIVE_INFINITY;

  constructor(nowMs: number) {
    this.#wordsAt = nowMs;
    this.#loudAt = nowMs;
  }

  /** To be called when a word was recognised, and while the microphone is muted on purpose. */
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
