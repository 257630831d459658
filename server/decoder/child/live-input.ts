import type { AudioKind } from '../../ports/decoder.ts';
import { detectAudioKind, HEAD_BYTES, measureTag, TagCounter } from './detect-kind.ts';
import type { Input } from './input.ts';

/** Encoded bytes per decode: they may hold far more audio than their size suggests. */
const SLICE_BYTES = 2_048;
/** No Opus packet is larger than this. */
const PACKET_BYTES_MAX = 16_384;
const TAG_HEADER_BYTES = 10;
/** Containers that a client of bare Opus packets may send instead. */
const OPUS_CONTAINERS: readonly (AudioKind | undefined)[] = ['opus', 'oga', 'webm'];

/** Audio that is decoded while it arrives. */
export class LiveInput implements Input {
  readonly #expectsPackets: boolean;
  readonly #tags = new TagCounter();
  #kind: AudioKind | undefined;
  /** Bytes that wait for a slice, or until their kind is known. */
  #pending: Uint8Array = new Uint8Array(0);
  /** Bytes of a tag that have not arrived yet. */
  #tagBytesLeft = 0;

  constructor(expectsPackets: boolean) {
    this.#expectsPackets = expectsPackets;
  }

  get kind(): AudioKind | undefined {
    return this.#kind;
  }

  get hasSlice(): boolean {
    return this.#kind !== undefined && this.#pending.length > 0;
  }

  write(bytes: Uint8Array): void {
    if (this.#kind === 'opus-packets' && bytes.length > PACKET_BYTES_MAX)
      throw new Error(`a packet of ${bytes.length} bytes`);
    const joined = new Uint8Array(this.#pending.length + bytes.length);
    joined.set(this.#pending);
    joined.set(bytes, this.#pending.length);
    this.#pending = joined;
    if (this.#kind === undefined) this.#detect(false);
  }

  end(): void {
    if (this.#kind === undefined && this.#pending.length > 0) this.#detect(true);
  }

  takeSlice(): Uint8Array | undefined {
    if (!this.hasSlice) return undefined;
    const bytes = this.#kind === 'opus-packets' ? this.#pending.length : SLICE_BYTES;
    const slice = this.#pending.subarray(0, bytes);
    this.#pending = this.#pending.subarray(bytes);
    return slice;
  }

  #detect(isWhole: boolean): void {
    if (this.#expectsPackets) {
      const container = detectAudioKind(this.#pending.subarray(0, HEAD_BYTES));
      const isContainer = OPUS_CONTAINERS.includes(container);
      if (isContainer && this.#pending.length < HEAD_BYTES && !isWhole) return;
      this.#kind = isContainer ? container : 'opus-packets';
      if (this.#kind === 'opus-packets' && this.#pending.length > PACKET_BYTES_MAX)
        throw new Error(`a packet of ${this.#pending.length} bytes`);
      return;
    }
    this.#skipTags();
    if (this.#pending.length === 0 || (this.#pending.length < HEAD_BYTES && !isWhole)) return;
    this.#kind = detectAudioKind(this.#pending.subarray(0, HEAD_BYTES));
    if (this.#kind === undefined) throw new Error('its format is unknown');
  }

  #skipTags(): void {
    for (;;) {
      const skipped = Math.min(this.#tagBytesLeft, this.#pending.length);
      this.#pending = this.#pending.subarray(skipped);
      this.#tagBytesLeft -= skipped;
      if (this.#tagBytesLeft > 0 || this.#pending.length < TAG_HEADER_BYTES) return;
      this.#tagBytesLeft = measureTag(this.#pending, 0);
      if (this.#tagBytesLeft === 0) return;
      this.#tags.add();
    }
  }
}
