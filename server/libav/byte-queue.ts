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

  /** A copy of up to `bytes` at the front. */
  peek(bytes: number): Uint8Array {
    const head = new Uint8Array(Math.min(bytes, this.#length));
    let count = 0;
    for (const piece of this.#pieces) {
      if (count === head.length) break;
      const part = piece.subarray(0, head.length - count);
      head.set(part, count);
      count += part.length;
    }
    return head;
  }
}
