/** Probabilities at which the gate opens and closes. */
export interface GateThresholds {
  /** Probability at or above which silence becomes speech. */
  readonly open: number;
  /** Probability below which speech becomes silence; lower than `open`, so that the gate does not chatter. */
  readonly close: number;
}

/** Thresholds that turn probabilities of speech into voice or silence. */
export interface GateOptions extends GateThresholds {
  /** Windows quieter than this (RMS, 0-1) do not open the gate, whatever the VAD says. */
  readonly levelFloor: number;
}

/**
 * Thresholds of each voice activity detector, because their probabilities mean different things. `npm run bench -- vad` prints the
 * words that they miss and the noise that they let through.
 */
export const GATE_THRESHOLDS = {
  silero: { open: 0.35, close: 0.3 },
  legacy: { open: 0.5, close: 0.35 },
  energy: { open: 0.5, close: 0.35 },
} as const satisfies Record<string, GateThresholds>;

/** Hysteresis over VAD windows. How long a silence must last to end speech is decided in `endpoint.ts`. */
export class SpeechGate {
  readonly #options: GateOptions;
  #voice: boolean;

  constructor(options: GateOptions, voice: 'closed' | 'open' = 'closed') {
    this.#options = options;
    this.#voice = voice === 'open';
  }

  get state(): 'closed' | 'open' {
    return this.#voice ? 'open' : 'closed';
  }

  /** Whether a window with this probability and level is voice. */
  push(probability: number, level: number): boolean {
    const { open, close, levelFloor } = this.#options;
    this.#voice = this.#voice ? probability >= close : probability >= open && level >= levelFloor;
    return this.#voice;
  }
}
