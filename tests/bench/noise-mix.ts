import { basename } from 'node:path';
import { type Recording, readSamples } from '../support/recordings.ts';

/** A recording of noise, in [-1, 1]. */
export interface Noise {
  readonly name: string;
  readonly samples: Float32Array;
}

const toFloats = (samples: Int16Array): Float32Array => Float32Array.from(samples, (value) => value / 32_768);
/** Music and calls are no noise that people speak in, and are not mixed with speech. */
const NOT_MIXED = /humpback|robin|trumpet|vibeace/;

/**
 * The noises of recordings: those without speech, and what is left of a mixture when the clean recording it was made of is taken
 * away.
 */
export function extractNoises(recordings: readonly Recording[]): Noise[] {
  return recordings.flatMap(({ file, path, language, cleanPath }): Noise[] => {
    const samples = toFloats(readSamples(path));
    if (language === 'zxx') return NOT_MIXED.test(file) ? [] : [{ name: basename(file, '.wav'), samples }];
    if (cleanPath === undefined) return [];
    const noise = subtract(samples, toFloats(readSamples(cleanPath)));
    return noise === undefined ? [] : [{ name: `${basename(file, '.wav')} without its speech`, samples: noise }];
  });
}

/** `mixture` minus `clean` at the gain of least squares; undefined where the two are not aligned, and most of it is left. */
function subtract(mixture: Float32Array, clean: Float32Array): Float32Array | undefined {
  let product = 0;
  let energy = 0;
  for (let i = 0; i < Math.min(mixture.length, clean.length); i++) {
    product += mixture[i]! * clean[i]!;
    energy += clean[i]! ** 2;
  }
  const gain = product / energy;
  const rest = mixture.map((value, i) => value - gain * (clean[i] ?? 0));
  return computePower(rest) < 0.9 * computePower(mixture) ? rest : undefined;
}

const computePower = (samples: Float32Array): number =>
  samples.reduce((sum, value) => sum + value * value, 0) / samples.length;

/** Power of speech without its pauses: of the windows of 32 ms that are at most 20 dB below the loudest. */
function computeSpeechPower(samples: Float32Array): number {
  const powers = Array.from({ length: Math.ceil(samples.length / 512) }, (_, i) =>
    computePower(samples.subarray(i * 512, (i + 1) * 512)),
  );
  const spoken = powers.filter((power) => power > Math.max(...powers) / 100);
  return spoken.reduce((sum, power) => sum + power, 0) / spoken.length;
}

/** Adds a noise, looped from the sample `from`, so that the speech is `decibels` louder. Louder than full scale is clipped. */
export function mixNoise(speech: Int16Array, noise: Noise, decibels: number, from = 0): Int16Array {
  const { samples } = noise;
  const gain = Math.sqrt(computeSpeechPower(toFloats(speech)) / 10 ** (decibels / 10) / computePower(samples));
  return speech.map((value, i) => {
    const mixed = Math.round(value + gain * samples[(from + i) % samples.length]! * 32_768);
    return Math.max(-32_768, Math.min(32_767, mixed));
  });
}
