/** Bytes in the pieces they arrived in. Taking from the front copies nothing that stays. */
export class ByteQueue {
  #pieces: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  /** Copies and removes what fits; returns how many bytes. */
  take(into: Uint8Array): number {
    let count = 0;
    while (count < into.length && this.#length > 0) {
      const first = this.#pieces[0]!;
      const part = first.subarray(0, into.length - count);
      into.set(part, count);
      count += part.length;
      this.drop(part.length);
    }
    return count;
  }

  /** The first piece, as it was pushed; undefined when there is none. */
  shift(): Uint8Array | undefined {
    const first = this.#pieces.shift();
    this.#length -= first?.length ?? 0;
    return first;
  }

  drop(bytes: number): void {
    this.#length -= bytes;
    let left = bytes;
    while (left > 0) {
      const first = this.#pieces[0]!;
      if (first.length > left) {
        this.#pieces[0] = first.subarray(left);
        return;
      }
      left -= first.length;
      this.#pieces.shift();
    }
  }

  /** A copy of up to `bytes` behind the first `skipped`. */
  peek(bytes: number, skipped = 0): Uint8Array {
    const copy = new Uint8Array(Math.max(0, Math.min(bytes, this.#length - skipped)));
    let count = 0;
    let left = skipped;
    for (const piece of this.#pieces) {
      if (count === copy.length) break;
      const part = piece.subarray(left, left + copy.length - count);
      left = Math.max(0, left - piece.length);
      copy.set(part, count);
      count += part.length;
    }
    return copy;
  }
}
