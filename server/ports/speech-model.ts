/** Tells speech from everything else, one window of 512 samples (32 ms at 16 kHz) at a time. */
export interface SpeechModel {
  open(): SpeechProbe;
  close(): Promise<void>;
}

/** The model's memory of one channel of one session. Windows must be given in order, one at a time. */
export interface SpeechProbe {
  /** Probability of speech in the window, 0-1. Rejects with an `engine.crashed` fault. */
  probability(window: Float32Array): Promise<number>;
  close(): void;
}
