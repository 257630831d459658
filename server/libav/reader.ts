import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createWasiImports } from './wasi.ts';

/** The bytes of a recording, read in order; `read` may block until there are some. */
export interface ByteSource {
  /** Fills some of `into`; returns how many bytes, 0 at the end. */
  read(into: Uint8Array): number;
  /** Present when the whole recording is at hand: its size in bytes, and how to move in it. */
  readonly random?: { readonly size: number; seek(position: number): void };
}

/** Samples of each channel in [-1, 1] and beyond. */
export interface DecodedPiece {
  readonly planes: readonly Float32Array[];
  /** 8000 to 48000, the same for all pieces of a recording. */
  readonly sampleRate: number;
}

/** What `reader.c` exports. Pointers are numbers. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  _initialize?(): void;
  allocate(bytes: number): number;
  open_file(name: number, isSeekable: number): number;
  open_packets(rate: number, channels: number): number;
  feed_packet(data: number, bytes: number): void;
  decode(): number;
  get_rate(): number;
  get_channels(): number;
  get_samples(): number;
  get_plane(channel: number): number;
  get_duration(): number;
  get_damaged_packets(): number;
  get_codec_name(): number;
  get_licence(): number;
  get_configuration(): number;
  get_version(): number;
}

/** What `decode` returns when there are some. */
const SAMPLES = 1;
const SEEK_END = 2;
const SEEK_CURRENT = 1;
const SEEK_SIZE = 0x10000;
/** No packet of Opus is larger, bytes. */
const PACKET_BYTES_MAX = 16_384;

/** A recording that cannot be decoded; the message is for people and says why. */
export class UnreadableError extends Error {}

/** Compiles libav, once for a thread. */
export function compileLibav(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(findModule()));
}

function findModule(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'server', 'libav', 'libav.wasm');
    if (existsSync(path)) return path;
  }
  throw new Error('server/libav/libav.wasm was not found');
}

/** Licence, version and build options, as libav itself says them. */
export function describeLibav(module: WebAssembly.Module): {
  readonly licence: string;
  readonly version: string;
  readonly configuration: string;
} {
  const libav = new Libav(module);
  const { exports } = libav;
  return {
    licence: libav.readText(exports.get_licence()),
    version: libav.readText(exports.get_version()),
    configuration: libav.readText(exports.get_configuration()),
  };
}

/** An instance of the module with a memory of its own. */
class Libav {
  readonly exports: Exports;
  source: ByteSource | undefined;
  #position = 0;

  constructor(module: WebAssembly.Module) {
    const host = {
      read: (into: number, bytes: number) => this.#read(into, bytes),
      seek: (offset: number, whence: number) => this.#seek(offset, whence),
    };
    const wasi = createWasiImports(() => this.exports.memory);
    const instance = new WebAssembly.Instance(module, { host, wasi_snapshot_preview1: wasi });
    this.exports = instance.exports as unknown as Exports;
    this.exports._initialize?.();
  }

  readText(pointer: number): string {
    const bytes = new Uint8Array(this.exports.memory.buffer, pointer);
    return Buffer.from(bytes.subarray(0, bytes.indexOf(0))).toString('latin1');
  }

  writeBytes(bytes: Uint8Array, pointer: number): void {
    new Uint8Array(this.exports.memory.buffer).set(bytes, pointer);
  }

  #read(into: number, bytes: number): number {
    const count = this.source?.read(new Uint8Array(this.exports.memory.buffer, into, bytes)) ?? 0;
    this.#position += count;
    return count;
  }

  #seek(offset: number, whence: number): number {
    const random = this.source?.random;
    if (random === undefined) return -1;
    if (whence === SEEK_SIZE) return random.size;
    const base = whence === SEEK_CURRENT ? this.#position : whence === SEEK_END ? random.size : 0;
    if (base + offset < 0) return -1;
    this.#position = base + offset;
    random.seek(this.#position);
    return this.#position;
  }
}

/** Decodes one recording. Everything is synchronous; an exception of the source ends it, and it must not be used afterwards. */
export class AudioReader {
  readonly #libav: Libav;
  readonly #packetBuffer: number;

  private constructor(libav: Libav, packetBuffer = 0) {
    this.#libav = libav;
    this.#packetBuffer = packetBuffer;
  }

  /**
   * Opens a file or stream; reads as much of it as its headers take. Throws an `UnreadableError`.
   * @param demuxer Name of its format in libav; empty to let libav find it.
   */
  static openFile(module: WebAssembly.Module, source: ByteSource, demuxer: string): AudioReader {
    const libav = new Libav(module);
    libav.source = source;
    const name = libav.exports.allocate(demuxer.length + 1);
    libav.writeBytes(Buffer.from(`${demuxer}\0`, 'latin1'), name);
    const reader = new AudioReader(libav);
    reader.#check(libav.exports.open_file(name, source.random === undefined ? 0 : 1));
    return reader;
  }

  /** Opens bare Opus packets; give each to `feed`. */
  static openPackets(module: WebAssembly.Module, rate: number, channels: number): AudioReader {
    const libav = new Libav(module);
    const reader = new AudioReader(libav, libav.exports.allocate(PACKET_BYTES_MAX));
    reader.#check(libav.exports.open_packets(rate, channels));
    return reader;
  }

  /** One bare packet, or an empty one at the end. */
  feed(packet: Uint8Array): void {
    if (packet.length > PACKET_BYTES_MAX) throw new UnreadableError(`a packet of ${packet.length} bytes`);
    this.#libav.writeBytes(packet, this.#packetBuffer);
    this.#libav.exports.feed_packet(this.#packetBuffer, packet.length);
  }

  /** The next samples, some milliseconds; undefined at the end, or until the next packet. Throws an `UnreadableError`. */
  read(): DecodedPiece | undefined {
    const { exports } = this.#libav;
    const result = this.#check(exports.decode());
    if (result !== SAMPLES) return undefined;
    const samples = exports.get_samples();
    const planes = Array.from({ length: exports.get_channels() }, (_, channel) =>
      new Float32Array(exports.memory.buffer, exports.get_plane(channel), samples).slice(),
    );
    return { planes, sampleRate: exports.get_rate() };
  }

  /** Length by its headers, ms; undefined when they do not say. */
  get durationMs(): number | undefined {
    const duration = this.#libav.exports.get_duration();
    return duration < 0 ? undefined : Math.round(duration);
  }

  /** Packets that could not be decoded, so far. */
  get damagedPackets(): number {
    return this.#libav.exports.get_damaged_packets();
  }

  #check(result: number): number {
    if (result >= 0) return result;
    const codec = this.#libav.readText(this.#libav.exports.get_codec_name());
    throw new UnreadableError(PROBLEMS.get(result)?.(codec) ?? 'it is broken');
  }
}

/** By the reasons in `reader.c`. */
const PROBLEMS: ReadonlyMap<number, (codec: string) => string> = new Map<number, (codec: string) => string>([
  [-1, () => 'it has no sound track'],
  [-2, (codec) => `its sound is ${codec}, for which there is no decoder`],
  [-3, () => 'it has more than 64 channels'],
  [-4, () => 'it has an impossible sample rate'],
  [-5, () => 'it takes more memory than one recording may'],
  [-6, () => 'its format is unknown, or its header is broken'],
]);
