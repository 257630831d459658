/** Something that was sent: audio, or a text frame that counts as a command. */
export type SentItem = Uint8Array | string;

/**
 * What a client has sent and the server has not acknowledged, in the order it was sent. Positions count whole samples of each
 * channel, and commands, over the whole session. Pure: the connection decides when to send.
 */
export class Unacknowledged {
  readonly #frameBytes: number;
  readonly #bytesMax: number;
  readonly #items: SentItem[] = [];
  /** Bytes of audio, and commands, before the first item. */
  #bytesBefore = 0;
  #commandsBefore = 0;
  #bytes = 0;
  #lostBytes = 0;

  /**
   * `frameBytes` is the size of one sample of all channels. Audio beyond `bytesMax` is dropped, oldest first. The first audio
   * pushed begins at `fromSample`.
   */
  constructor(frameBytes: number, bytesMax: number, fromSample = 0) {
    this.#frameBytes = frameBytes;
    this.#bytesMax = bytesMax;
    this.#bytesBefore = fromSample * frameBytes;
  }

  /** Bytes of buffered audio. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The sample at which the next audio begins. */
  get position(): number {
    return Math.floor((this.#bytesBefore + this.#bytes) / this.#frameBytes);
  }

  get audio(): readonly Uint8Array[] {
    return this.#items.filter((item) => typeof item !== 'string');
  }

  /** Bytes dropped at the bound before they were acknowledged. */
  get lostBytes(): number {
    return this.#lostBytes;
  }

  /** Adds what is being sent. The queue keeps the audio: pass a copy. */
  push(item: SentItem): void {
    this.#items.push(item);
    if (typeof item === 'string') return;
    this.#bytes += item.length;
    this.#bound();
  }

  /** Removes what the server has received: so many samples and, if it said so, so many commands. */
  acknowledge(samples: number, commands: number | undefined): void {
    let bytes = samples * this.#frameBytes - this.#bytesBefore;
    let count = (commands ?? this.#commandsBefore) - this.#commandsBefore;
    // Commands that were not acknowledged may lie between audio that was: they stay, in their order.
    const kept: SentItem[] = [];
    let at = 0;
    for (; at < this.#items.length && (bytes > 0 || count > 0); at++) {
      const item = this.#items[at]!;
      if (typeof item === 'string') {
        if (count > 0) count--;
        else kept.push(item);
        continue;
      }
      const taken = Math.max(0, Math.min(bytes, item.length));
      bytes -= taken;
      if (taken < item.length) kept.push(item.subarray(taken));
      this.#bytes -= taken;
      this.#bytesBefore += taken;
    }
    this.#commandsBefore = commands ?? this.#commandsBefore;
    this.#items.splice(0, at, ...kept);
  }

  /** The server continues from this position. Returns what to send again; audio dropped in the meantime is missing from it. */
  resume(samples: number, commands: number): readonly SentItem[] {
    this.acknowledge(samples, commands);
    // After a gap the server continues counting from where it was.
    this.#bytesBefore = samples * this.#frameBytes;
    return [...this.#items];
  }

  /** Drops the oldest audio beyond the bound, in whole samples. */
  #bound(): void {
    let over = Math.ceil((this.#bytes - this.#bytesMax) / this.#frameBytes) * this.#frameBytes;
    while (over > 0) {
      const at = this.#items.findIndex((item) => typeof item !== 'string');
      if (at < 0) return;
      const oldest = this.#items[at] as Uint8Array;
      const taken = Math.min(over, oldest.length);
      if (taken === oldest.length) this.#items.splice(at, 1);
      else this.#items[at] = oldest.subarray(taken);
      this.#bytes -= taken;
      this.#bytesBefore += taken;
      this.#lostBytes += taken;
      over -= taken;
    }
  }
}
