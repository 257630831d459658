/** Problems with the microphone that the sound reveals. */
export interface MicrophoneAdvice {
  readonly clipping: boolean;
  /** What has been missing for a while: sound loud enough to be speech, or words in the sound. */
  readonly missing: 'sound' | 'speech' | undefined;
}

/** Time without a word after which the page warns, ms. */
export const SILENCE_HINT_MS = 8_000;
/** Speech into the microphone exceeds this peak. */
const SPEECH_PEAK = 0.012;
const CLIPPING_PEAK = 0.985;
/** This many overdriven blocks within this time are no single cough. The warning stays for the same time. */
const CLIPS_MAX = 4;
const CLIP_WINDOW_MS = 3_000;

/** Watches loudness and words over time and detects problems with the microphone. Reads no clock: the caller passes the time. */
export class LevelMonitor {
  #wordsMs: number;
  #loudMs: number;
  #clips: number[] = [];
  #warnedUntil = Number.NEGATIVE_INFINITY;

  constructor(nowMs: number) {
    this.#wordsMs = nowMs;
    this.#loudMs = nowMs;
  }

  /** To be called when a word was recognised, and while the microphone is muted on purpose. */
  noteWords(nowMs: number): void {
    this.#wordsMs = nowMs;
    this.#loudMs = nowMs;
  }

  push(peak: number, nowMs: number): MicrophoneAdvice {
    if (peak >= SPEECH_PEAK) this.#loudMs = nowMs;
    if (peak >= CLIPPING_PEAK) this.#clips.push(nowMs);
    this.#clips = this.#clips.filter((at) => nowMs - at < CLIP_WINDOW_MS);
    if (this.#clips.length >= CLIPS_MAX) this.#warnedUntil = nowMs + CLIP_WINDOW_MS;
    const wondering = nowMs - this.#wordsMs >= SILENCE_HINT_MS;
    const faint = nowMs - this.#loudMs >= SILENCE_HINT_MS / 2;
    return {
      clipping: nowMs < this.#warnedUntil,
      missing: wondering ? (faint ? 'sound' : 'speech') : undefined,
    };
  }
}
