const FIRST_BYTES = 1_024;

/** Joins small chunks of bytes into one piece, in time and memory proportional to their bytes. */
export class PieceBuffer {
  #bytes = new Uint8Array(0);
  #length = 0;
  #chunks = 0;

  /** Bytes since the last piece was taken. */
  get length(): number {
    return this.#length;
  }

  /** Copies a chunk; returns how many chunks there are since the last piece was taken. */
  add(chunk: Uint8Array): number {
    const length = this.#length + chunk.length;
    if (length > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(FIRST_BYTES, length, this.#bytes.length * 2));
      bytes.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = bytes;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = length;
    return ++this.#chunks;
  }

  /** Takes everything added since the last time, in memory of its own. */
  takePiece(): Uint8Array {
    const piece = this.#bytes.subarray(0, this.#length);
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
    this.#chunks = 0;
    return piece;
  }
}
