/** Frames between two looks at how loud the channels are; weights move in as many steps. */
const BLOCK_FRAMES = 256;
/** Memory of loudness and correlation, seconds. */
const SMOOTHING_SECONDS = 0.05;
/** Time in which a channel that has fallen silent counts half as much, seconds. A speaker who pauses keeps the place. */
const LOUDNESS_HALF_LIFE_SECONDS = 60;
/** Channels are opposite below the first correlation, and no longer so above the second. Music beside speech stays above the first. */
const OPPOSITE_BELOW = -0.95;
const ALIKE_ABOVE = -0.5;
/** Mean square below which a channel is silent: -90 dB. */
const SILENCE = 1e-9;
/** How much louder another channel must have been to become the reference. */
const REFERENCE_LEAD = 2;

/**
 * Mixes channels so that whoever speaks in one of them is heard.
 *
 * - The sum is divided by how many channels are in use, not by how many there are: by the sum of their amplitudes over the
 *   largest. Beside silent channels a voice keeps its level, and the mix is never louder than the loudest channel. A channel
 *   that begins to speak is in the sum from its first sample; only its level settles.
 * - A channel that is the reference turned upside down is turned back; the plain sum of the two would be silence.
 *
 * A constant offset of a sound card is no sound; it counts for neither.
 *
 * It needs no samples ahead, and the result does not depend on how the samples are cut. After a restart the first 6 ms are
 * mixed as at the start of a stream.
 */
export class ChannelMixer {
  readonly #channels: number;
  readonly #smoothing: number;
  readonly #decay: number;
  /** Constant offset of each channel. */
  readonly #offset: Float64Array;
  /** Mean square of each channel now, and the largest lately. */
  readonly #power: Float64Array;
  readonly #loudness: Float64Array;
  /** Mean product with the reference channel. */
  readonly #product: Float64Array;
  readonly #sign: Float64Array;
  readonly #weight: Float64Array;
  readonly #step: Float64Array;
  #reference = 0;
  #frame = 0;

  constructor(channels: number, sampleRate: number) {
    const zeros = (): Float64Array => new Float64Array(channels);
    this.#channels = channels;
    this.#smoothing = 1 - Math.exp(-1 / (SMOOTHING_SECONDS * sampleRate));
    this.#decay = 0.5 ** (BLOCK_FRAMES / (LOUDNESS_HALF_LIFE_SECONDS * sampleRate));
    this.#offset = zeros();
    this.#power = zeros();
    this.#loudness = zeros();
    this.#product = zeros();
    this.#sign = zeros().fill(1);
    this.#weight = zeros().fill(1 / channels);
    this.#step = zeros();
  }

  /** @param interleaved Whole frames. */
  mix(interleaved: Float32Array): Float32Array {
    const channels = this.#channels;
    const mixed = new Float32Array(interleaved.length / channels);
    if (this.#frame === 0)
      for (let channel = 0; channel < channels; channel++) this.#offset[channel] = interleaved[channel] ?? 0;
    for (let i = 0; i < mixed.length; i++) {
      mixed[i] = this.#mixFrame(interleaved, i * channels);
      this.#frame++;
      if (this.#frame % BLOCK_FRAMES === 0) this.#weigh();
    }
    return mixed;
  }

  #mixFrame(samples: Float32Array, at: number): number {
    const reference = samples[at + this.#reference]! - this.#offset[this.#reference]!;
    let sum = 0;
    for (let channel = 0; channel < this.#channels; channel++) {
      const sample = samples[at + channel]!;
      const sound = sample - this.#offset[channel]!;
      this.#offset[channel]! += this.#smoothing * sound;
      this.#power[channel]! += this.#smoothing * (sound * sound - this.#power[channel]!);
      this.#product[channel]! += this.#smoothing * (sound * reference - this.#product[channel]!);
      this.#weight[channel]! += this.#step[channel]!;
      sum += this.#weight[channel]! * sample;
    }
    return Math.max(-1, Math.min(1, sum));
  }

  /** Sets the weights that the next block moves to. */
  #weigh(): void {
    let amplitudes = 0;
    let largest = 0;
    for (let channel = 0; channel < this.#channels; channel++) {
      const loudness = Math.max(this.#loudness[channel]! * this.#decay, this.#power[channel]!);
      this.#loudness[channel] = loudness;
      amplitudes += Math.sqrt(loudness);
      largest = Math.max(largest, Math.sqrt(loudness));
    }
    const inUse = largest * largest < SILENCE ? this.#channels : amplitudes / largest;
    for (let channel = 0; channel < this.#channels; channel++) {
      this.#updateSign(channel);
      this.#step[channel] = (this.#sign[channel]! / inUse - this.#weight[channel]!) / BLOCK_FRAMES;
    }
    this.#updateReference();
  }

  #updateSign(channel: number): void {
    const powers = this.#power[channel]! * this.#power[this.#reference]!;
    if (channel === this.#reference || powers < SILENCE * SILENCE) return;
    const correlation = this.#product[channel]! / Math.sqrt(powers);
    const isTurned = this.#sign[channel] !== this.#sign[this.#reference];
    if (isTurned ? correlation > ALIKE_ABOVE : correlation < OPPOSITE_BELOW) this.#sign[channel]! *= -1;
  }

  /** A reference that was silent while others spoke says nothing about them. */
  #updateReference(): void {
    const loudest = this.#loudness.indexOf(Math.max(...this.#loudness));
    if (this.#loudness[loudest]! < REFERENCE_LEAD * this.#loudness[this.#reference]!) return;
    if (loudest === this.#reference) return;
    this.#reference = loudest;
    this.#product.fill(0);
  }
}
