/** Positions and lengths are counted in samples of the 16 kHz mono stream: exact, and immune to clocks. */
export const SAMPLE_RATE = 16_000;
/** Whisper decodes 30 s at most; a little less leaves room for rounding. */
export const DECODE_SAMPLES_MAX = 29.5 * SAMPLE_RATE;

export const msToSamples = (ms: number): number => Math.round((ms * SAMPLE_RATE) / 1000);
/** Whole milliseconds, as they travel on the wire. */
export const samplesToMs = (samples: number): number => Math.round((samples * 1000) / SAMPLE_RATE);
