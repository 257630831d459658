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

/** A recording in memory, in blocks: nothing in the server joins, scans or parses it. */
export interface UploadedFile {
  /** Bytes of all blocks. */
  readonly size: number;
  /** SHA-256 of the whole file, in hexadecimal. */
  readonly sha256: string;
  /** Hands over the file block by block and lets go of each; can be read once. */
  takeBlocks(): Iterable<Uint8Array>;
}

/** Sample rate and channels of bare Opus packets, which carry neither. */
export interface PacketFormat {
  readonly sampleRate: number;
  readonly channels: number;
}

export interface DecodeOptions {
  readonly layout: ChannelLayout;
  /**
   * Set when the client sends bare Opus packets, one in each piece. If the first piece begins an Ogg or WebM container
   * all the same, the container wins: some clients call every Opus `opus`.
   */
  readonly packets?: PacketFormat | undefined;
}

/**
 * Decodes one stream of compressed audio as it arrives. The decoding process finds out by itself what it is. Read each
 * generator to its end before the next call.
 */
export interface DecodeStream {
  /** Yields the sound that these bytes complete; none while headers are read. Throws `audio.format` or `decoder.failed`. */
  feed(bytes: Uint8Array): AsyncIterable<DecodedAudio>;
  /** Yields what was held back. Nothing may be fed any more. */
  end(): AsyncIterable<DecodedAudio>;
  /** Safe to call twice. While something is being decoded it ends the decoding process. */
  close(): void;
}

/** Turns compressed audio into samples, outside the server's process. */
export interface AudioDecoder {
  /** For live audio. Throws `upload.busy` when `liveDecodersMax` processes are in use. */
  open(options: DecodeOptions): DecodeStream;
  /**
   * A whole file, decoded piece by piece as the reader asks for it. Throws `audio.format`, `decoder.failed`, and `upload.busy` when
   * `fileDecodersMax` processes are in use. When `signal` aborts, or the reader stops early, the decoding process is
   * killed; the generator returns when that process is gone.
   */
  decodeFile(file: UploadedFile, options: DecodeOptions, signal: AbortSignal): AsyncGenerator<DecodedAudio>;
  close(): Promise<void>;
}
