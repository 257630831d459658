/** What compressed audio may come as; `opus-packets` are bare packets, one a piece, everything else is a container. */
export type AudioKind = 'wav' | 'mp3' | 'flac' | 'opus' | 'oga' | 'm4a' | 'webm' | 'aac' | 'amr' | 'opus-packets';

/** Channels averaged into one, or kept apart (interleaved, at most 8). */
export type ChannelLayout = 'mix' | 'separate';

/** A run of decoded sound. All runs of one decoding have one rate and one number of channels. */
export interface DecodedAudio {
  /** 8000 to 48000. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Interleaved 32-bit floats in [-1, 1], little-endian. */
  readonly bytes: Uint8Array;
}

/** Decodes one stream of compressed audio as it comes. */
export interface DecodeStream {
  /** Sound that has become known; empty while headers are read. Rejects with `audio.format` or `decoder.failed`. One call at a time. */
  feed(bytes: Uint8Array): Promise<DecodedAudio | undefined>;
  /** What was held back. Nothing may be fed any more. */
  end(): Promise<DecodedAudio | undefined>;
  /** Safe to call twice, and while something is decoded. */
  close(): void;
}

/** Turns what people record into samples. */
export interface AudioDecoder {
  /** Which kind these first bytes begin; undefined when it is none that can be decoded. */
  kindOf(head: Uint8Array): AudioKind | undefined;
  /** `raw` is needed for bare packets only. */
  open(
    kind: AudioKind,
    layout: ChannelLayout,
    raw?: { readonly sampleRate: number; readonly channels: number },
  ): DecodeStream;
  /** A whole file, decoded piece by piece as the reader asks for it. Throws `audio.format` or `decoder.failed`. */
  file(bytes: Uint8Array, layout: ChannelLayout): AsyncGenerator<DecodedAudio>;
  close(): Promise<void>;
}
