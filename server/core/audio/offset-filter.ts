/** Below this frequency the filter attenuates, Hz (3 dB). The deepest voices begin at about 80 Hz. */
const CUTOFF_HZ = 20;
/** After this time, the output no longer depends on where the filter began. */
export const OFFSET_MEMORY_SECONDS = 0.5;

/**
 * Removes the constant part of one channel's audio, as microphones and sound cards add it. With an offset, the lowest band of the
 * recogniser's spectrum is the loudest, and everything is measured against the loudest.
 *
 * A first-order high-pass: a running estimate of the offset is subtracted from each sample. It has no delay. It forgets within
 * `OFFSET_MEMORY_SECONDS`, so a snapshot need not hold its state: after a restart it begins that much earlier.
 */
export class OffsetFilter {
  readonly #rate: number;
  /** The offset so far; undefined before the first sample. */
  #offset: number | undefined;

  /** `sampleRate` in Hz. */
  constructor(sampleRate: number) {
    this.#rate = 1 - Math.exp((-2 * Math.PI * CUTOFF_HZ) / sampleRate);
  }

  /** Returns the chunk without its offset. */
  push(chunk: Float32Array): Float32Array {
    const out = new Float32Array(chunk.length);
    // The first sample is taken for the offset: beginning at zero, the filter would turn an offset into a click.
    let offset = this.#offset ?? chunk[0] ?? 0;
    for (let i = 0; i < chunk.length; i++) {
      const value = chunk[i]! - offset;
      offset += this.#rate * value;
      out[i] = value;
    }
    if (chunk.length > 0) this.#offset = offset;
    return out;
  }
}
