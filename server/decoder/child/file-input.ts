import type { AudioKind } from '../../ports/decoder.ts';
import { detectAudioKind, findAudioStart, HEAD_BYTES } from './detect-kind.ts';
import type { Input } from './input.ts';
import { checkTables, moveTableFirst } from './mp4-boxes.ts';

/** Encoded bytes per decode. WAV does not expand; a few kilobytes of FLAC may hold minutes of silence. */
const SLICE_BYTES: Partial<Record<AudioKind, number>> = { wav: 65_536, flac: 2_048 };
const OTHER_SLICE_BYTES = 8_192;

/** A file that has arrived completely before it is decoded, so that tables after the audio can be read first. */
export class FileInput implements Input {
  readonly #bytes: Uint8Array;
  #filled = 0;
  #kind: AudioKind | undefined;
  #slices: Iterator<Uint8Array> = [].values();
  #next: Uint8Array | undefined;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }

  get kind(): AudioKind | undefined {
    return this.#kind;
  }

  get hasSlice(): boolean {
    return this.#next !== undefined;
  }

  write(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  end(): void {
    const file = this.#bytes.subarray(0, this.#filled);
    const audio = file.subarray(findAudioStart(file));
    const kind = detectAudioKind(audio.subarray(0, HEAD_BYTES));
    if (kind === undefined) throw new Error('its format is unknown');
    if (kind === 'm4a') checkTables(audio);
    this.#kind = kind;
    this.#slices = cutSlices(audio, kind);
    this.#advance();
  }

  takeSlice(): Uint8Array | undefined {
    const slice = this.#next;
    this.#advance();
    return slice;
  }

  #advance(): void {
    const { done, value } = this.#slices.next();
    this.#next = done ? undefined : value;
  }
}

function* cutSlices(bytes: Uint8Array, kind: AudioKind): Generator<Uint8Array> {
  const parts = kind === 'm4a' ? moveTableFirst(bytes) : [bytes];
  // The table of an MP4 file is read in one piece, however long it is.
  const tableParts = parts.length > 1 ? 1 : 0;
  if (tableParts === 1) yield parts[0]!;
  const step = SLICE_BYTES[kind] ?? OTHER_SLICE_BYTES;
  for (const part of parts.slice(tableParts))
    for (let offset = 0; offset < part.length; offset += step) yield part.subarray(offset, offset + step);
}
