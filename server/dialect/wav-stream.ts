import { type AudioFormat, type Encoding, Fault, getOwnEntry } from '../../protocol/index.ts';
import { SampleNarrower } from './sample-narrower.ts';

type Format = Pick<AudioFormat, 'encoding' | 'sampleRate' | 'channels'>;

/** Samples as a header describes them, and as they come out here. */
interface WavFormat extends Format {
  /** Bytes of an integer sample, which is turned into `pcm_s16le`; 2 leaves samples as they are. */
  readonly width: number;
  /** Bytes of a sample of all channels in the file. */
  readonly frameBytes: number;
}

/** By `format tag/bits`. */
const ENCODINGS: Readonly<Record<string, readonly [Encoding, width: number]>> = {
  '1/8': ['pcm_s16le', 1],
  '1/16': ['pcm_s16le', 2],
  '1/24': ['pcm_s16le', 3],
  '1/32': ['pcm_s16le', 4],
  '3/32': ['pcm_f32le', 2],
  '6/8': ['alaw', 2],
  '7/8': ['mulaw', 2],
};
const EXTENSIBLE = 0xfffe;
const WANT =
  'a WAV file of PCM, float, mu-law or A-law at 8 to 48 kHz with 1 to 8 channels, or samples without a header';
/** Programs that write to a pipe do not know the size, and fill in 0 or the largest number of 31 or 32 bits. */
const UNKNOWN_SIZE_MIN = 0x7fff_0000;
/** Longest `fmt ` chunk that is read. */
const FORMAT_BYTES_MAX = 4_096;

/**
 * The audio of a client that may send a WAV file as it is, in frames cut anywhere: the header is read, and chunks before and
 * behind the samples are skipped. Another file may follow, of the same format. A stream that does not begin like a WAV file comes out unchanged.
 */
export class WavStream {
  #state: 'start' | 'chunk' | 'samples' = 'start';
  /** The beginning of a chunk that is not complete. */
  #waiting: Uint8Array = new Uint8Array(0);
  /** Bytes to skip, and bytes of samples to come. */
  #skips = 0;
  #left = Number.POSITIVE_INFINITY;
  /** Bytes behind the samples that are none: a torn one, which would shift all that follow, and the padding to an even length. */
  #rest = 0;
  #format: WavFormat | undefined;
  #narrower = new SampleNarrower(2);
  readonly #agreed: Format | undefined;

  /** `agreed`: the format that the client has named already, which a header may not contradict. */
  constructor(agreed?: Format) {
    this.#agreed = agreed;
  }

  /** Whether it is still open what the audio is; nothing comes out until then. */
  get isDetecting(): boolean {
    return this.#state === 'start' || (this.#state === 'chunk' && this.#format === undefined);
  }

  /** The format that a header gave; undefined for a stream without one. */
  get format(): Format | undefined {
    if (this.#format === undefined) return undefined;
    const { encoding, sampleRate, channels } = this.#format;
    return { encoding, sampleRate, channels };
  }

  /** The samples in a frame. Throws `audio.format` for a header of audio that cannot be read. */
  push(frame: Uint8Array): Uint8Array {
    let bytes = this.#waiting.length === 0 ? frame : Buffer.concat([this.#waiting, frame]);
    this.#waiting = new Uint8Array(0);
    const samples: Uint8Array[] = [];
    while (bytes.length > 0) {
      const used = this.#read(bytes, samples);
      if (used === undefined) {
        this.#waiting = bytes.slice();
        break;
      }
      bytes = bytes.subarray(used);
    }
    return samples.length === 1 ? samples[0]! : Buffer.concat(samples);
  }

  /** Reads what stands at the beginning of `bytes`; returns its length, or undefined when more is needed. */
  #read(bytes: Uint8Array, samples: Uint8Array[]): number | undefined {
    if (this.#skips > 0) {
      const skipped = Math.min(this.#skips, bytes.length);
      this.#skips -= skipped;
      return skipped;
    }
    switch (this.#state) {
      case 'start':
        return this.#readStart(bytes);
      case 'chunk':
        return this.#readChunk(bytes);
      case 'samples': {
        // None at all when the size is less than one.
        const used = Math.min(this.#left, bytes.length);
        samples.push(this.#narrower.push(bytes.subarray(0, used)));
        this.#left -= used;
        if (this.#left === 0) {
          this.#state = 'chunk';
          this.#skips = this.#rest;
        }
        return used;
      }
    }
  }

  #readStart(bytes: Uint8Array): number | undefined {
    const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
    if (!/^(?:R|RI|RIF|RIFF.{0,4}|RIFF.{4}(?:W|WA|WAV|WAVE))$/s.test(head)) {
      this.#state = 'samples';
      return 0;
    }
    if (head.length < 12) return undefined;
    this.#state = 'chunk';
    return 12;
  }

  #readChunk(bytes: Uint8Array): number | undefined {
    if (bytes.length < 8) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const tag = Buffer.from(bytes.subarray(0, 4)).toString('latin1');
    const size = view.getUint32(4, true);
    if (tag === 'data') {
      if (this.#format === undefined)
        throw new Fault('audio.format', { got: 'of a WAV file without a format', want: WANT });
      const torn = size % this.#format.frameBytes;
      this.#left = size === 0 || size >= UNKNOWN_SIZE_MIN ? Number.POSITIVE_INFINITY : size - torn;
      this.#rest = torn + (size % 2);
      this.#state = 'samples';
      return 8;
    }
    // Some clients send each piece of their audio as a file of its own.
    if (tag === 'RIFF' && bytes.length < 12) return undefined;
    if (tag === 'RIFF' && Buffer.from(bytes.subarray(8, 12)).toString('latin1') === 'WAVE') return 12;
    if (tag === 'fmt ') {
      const length = Math.min(size, FORMAT_BYTES_MAX);
      if (bytes.length < 8 + length) return undefined;
      const format = readFormat(Buffer.from(bytes.subarray(8, 8 + length)));
      checkSame(format, this.#format ?? this.#agreed);
      this.#format = format;
      this.#narrower = new SampleNarrower(format.width);
    } else if (this.#format !== undefined && !/^[\w ]{4}$/.test(tag)) {
      // The size of the samples was wrong: this is no chunk, but sound.
      this.#left = Number.POSITIVE_INFINITY;
      this.#state = 'samples';
      return 0;
    }
    // It would swallow everything that follows, and the client would not learn why nothing is heard.
    if (size >= UNKNOWN_SIZE_MIN)
      throw new Fault('audio.format', { got: 'of a WAV file with a broken header', want: WANT });
    // A chunk is padded to an even length.
    this.#skips = size + (size % 2);
    return 8;
  }
}

function checkSame(format: Format, agreed: Format | undefined): void {
  const describe = ({ encoding, sampleRate, channels }: Format): string =>
    `${encoding}, ${sampleRate} Hz, channels: ${channels}`;
  if (agreed !== undefined && describe(format) !== describe(agreed))
    throw new Fault('audio.format', {
      got: `of a WAV file (${describe(format)})`,
      want: `the format that was named before it (${describe(agreed)}), or name that of the file`,
    });
}

function readFormat(chunk: Buffer): WavFormat {
  if (chunk.length < 16) throw new Fault('audio.format', { got: 'of a WAV file with a broken header', want: WANT });
  const tag = chunk.readUInt16LE(0);
  const kind = tag === EXTENSIBLE && chunk.length >= 26 ? chunk.readUInt16LE(24) : tag;
  const bits = chunk.readUInt16LE(14);
  const channels = chunk.readUInt16LE(2);
  const sampleRate = chunk.readUInt32LE(4);
  const found = getOwnEntry(ENCODINGS, `${kind}/${bits}`);
  if (found === undefined || channels < 1 || channels > 8 || sampleRate < 8_000 || sampleRate > 48_000) {
    const got = `of a WAV file of format ${kind} with ${bits} bits, ${sampleRate} Hz and ${channels} channels`;
    throw new Fault('audio.format', { got, want: WANT });
  }
  const [encoding, width] = found;
  return { encoding, width, frameBytes: (bits / 8) * channels, sampleRate, channels };
}
