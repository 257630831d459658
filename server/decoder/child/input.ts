import type { AudioKind } from '../../ports/decoder.ts';

/** Encoded bytes on their way into a codec, cut into slices that hold a bounded amount of audio. */
export interface Input {
  /** Undefined until enough bytes have arrived to detect it. */
  readonly kind: AudioKind | undefined;
  readonly hasSlice: boolean;
  write(bytes: Uint8Array): void;
  /** Ends the input. Throws when its kind is unknown. */
  end(): void;
  /** The next bytes for the codec; undefined when there are none yet, or no more. */
  takeSlice(): Uint8Array | undefined;
}
