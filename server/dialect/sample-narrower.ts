/** Turns integer samples of 1 byte (unsigned), 3 or 4 bytes into 2 bytes. A sample may be split across two chunks. */
export class SampleNarrower {
  readonly #width: number;
  #partialSample: Uint8Array = new Uint8Array(0);

  constructor(width: number) {
    this.#width = width;
  }

  push(bytes: Uint8Array): Uint8Array {
    if (this.#width === 2) return bytes;
    const joined = Buffer.concat([this.#partialSample, bytes]);
    const samples = Math.floor(joined.length / this.#width);
    this.#partialSample = joined.subarray(samples * this.#width);
    const narrow = new Uint8Array(samples * 2);
    for (let i = 0; i < samples; i++) {
      const top = (i + 1) * this.#width;
      narrow[2 * i] = this.#width === 1 ? 0 : joined[top - 2]!;
      // Samples of one byte are unsigned: 128 is silence.
      narrow[2 * i + 1] = this.#width === 1 ? joined[i]! ^ 0x80 : joined[top - 1]!;
    }
    return narrow;
  }
}
