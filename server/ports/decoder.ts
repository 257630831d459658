/** Formats of compressed audio. `opus-packets` are bare packets, one per piece; all others are containers. */
export type AudioKind = 'wav' | 'mp3' | 'flac' | 'opus' | 'oga' | 'm4a' | 'webm' | 'aac' | 'amr' | 'opus-packets';

/** Channels averaged into one, or kept apart (interleaved, at most 8). */
export type ChannelLayout = 'mix' | 'separate';

/** A piece of decoded audio. All pieces of one decoding share one sample rate and channel count. */
export interface DecodedAudio {
  /** 8000 to 48000. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Interleaved 32-bit floats in [-1, 1], little-endian. */
  readonly bytes: Uint8Array;
}

/** A recording in memory, in blocks. Nothing in the server joins, scans or parses it. */
export interface UploadedFile {
  /** Bytes of all blocks. */
  readonly size: number;
  /** SHA-256 of the whole file, in hexadecimal. */
  readonly sha256: string;
  /** Yields the file block by block and releases each block; it can be read only once. */
  takeBlocks(): Iterable<Uint8Array>;
}

/** Sample rate and channel count of bare Opus packets or bare samples, which carry neither. */
export interface PacketFormat {
  readonly sampleRate: number;
  readonly channels: number;
}

export interface DecodeOptions {
  readonly layout: ChannelLayout;
  /**
   * Set when the client sends bare Opus packets, one in each piece. If the first piece begins an Ogg or WebM container
   * all the same, the container wins: some clients call any Opus stream `opus`.
   */
  readonly packets?: PacketFormat | undefined;
}

/**
 * Decodes one stream of compressed audio as it arrives. The decoding process detects the format itself. Read each
 * generator to its end before the next call.
 */
export interface DecodeStream {
  /**
   * Yields the audio that these bytes complete; none while headers are read. Throws `audio.format` or `decoder.failed`.
   */
  feed(bytes: Uint8Array): AsyncIterable<DecodedAudio>;
  /** Yields what was held back. Nothing may be fed afterwards. */
  end(): AsyncIterable<DecodedAudio>;
  /** Safe to call twice. If a decode is running, this ends the decoding process. */
  close(): void;
}

/** Decodes compressed audio to samples, outside the server's process. */
export interface AudioDecoder {
  /** Opens a decoder for live audio. Throws `upload.busy` when `liveDecodersMax` processes are in use. */
  open(options: DecodeOptions): DecodeStream;
  /**
   * Decodes a whole file, piece by piece as the reader asks for it. Throws `audio.format`, `decoder.failed`, and
   * `upload.busy` when `fileDecodersMax` processes are in use. When `signal` aborts, or the reader stops early, the
   * decoding process is killed; the generator returns once that process has exited.
   */
  decodeFile(file: UploadedFile, options: DecodeOptions, signal: AbortSignal): AsyncGenerator<DecodedAudio>;
  close(): Promise<void>;
}
