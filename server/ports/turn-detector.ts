/** Hears at a pause whether a speaker is done. */
export interface TurnDetector {
  /**
   * Probability that the speaker is done at the end of this audio, 0-1. The audio is the end of what one speaker says, with the
   * silence behind it, at 16 kHz; it is handed over. Undefined when the answer would come too late to be of use. Never rejects.
   */
  predictTurnEnd(audio: Float32Array<ArrayBuffer>): Promise<number | undefined>;
  close(): Promise<void>;
}
