import type { WireJob } from './wire.ts';

/** Length of the tone whose decode tells what a decode costs, seconds. */
export const WARM_UP_S = 4;

/** The decode of a quiet tone, by which models and machines are compared: it has hardly any text. */
export function createWarmUpJob(): WireJob {
  return {
    id: 0,
    kind: 'final',
    samples: Float32Array.from({ length: WARM_UP_S * 16_000 }, (_, i) => 0.01 * Math.sin(i / 20)),
    fromSample: 0,
    language: 'en',
    languages: [],
    task: 'transcribe',
    prompt: '',
    prefix: '',
  };
}
