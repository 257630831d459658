import type { AudioKind } from '../../ports/decoder.ts';

/** Encoded bytes on their way into a codec, cut into slices that hold a bounded amount of sound. */
export interface Input {
  /** Undefined until enough has arrived to tell. */
  readonly kind: AudioKind | undefined;
  readonly hasSlice: boolean;
  write(bytes: Uint8Array): void;
  /** No more bytes will come. Throws when what came is of no known kind. */
  end(): void;
  /** The next bytes for the codec; undefined when there are none yet, or no more. */
  takeSlice(): Uint8Array | undefined;
}
