import type { GateThresholds } from '../core/speech/gate.ts';

/** Detects speech, one window of 512 samples (32 ms at 16 kHz) at a time. */
export interface SpeechModel {
  /** Probabilities at which speech begins and ends, fitted to this detector. */
  readonly thresholds: GateThresholds;
  openProbe(): SpeechProbe;
  close(): Promise<void>;
}

/** The model's state for one channel of one session. Pass windows in order, one at a time. */
export interface SpeechProbe {
  /** Probability of speech in the window, 0-1. Rejects with an `engine.crashed` fault. */
  computeProbability(window: Float32Array): Promise<number>;
  close(): void;
}
