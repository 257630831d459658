import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** First four bytes of a ggml model file. */
const MAGIC = 0x67676d6c;
/** Bytes per block and elements per block of the tensor types Whisper files use, by ggml's type number. */
const TENSOR_TYPES: Readonly<Record<number, readonly [bytes: number, elements: number]>> = {
  0: [4, 1],
  1: [2, 1],
  2: [18, 32],
  3: [20, 32],
  6: [22, 32],
  7: [24, 32],
  8: [34, 32],
  10: [84, 256],
  11: [110, 256],
  12: [144, 256],
  13: [176, 256],
  14: [210, 256],
};

/**
 * Reads through a Whisper ggml file without its weights and checks that all it promises is there, because the library
 * itself takes a torn file for granted. Throws an Error with `code` `model.absent` or `model.corrupt`.
 */
export function checkModelFile(path: string): void {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw Object.assign(new Error('the file cannot be opened', { cause }), { code: 'model.absent' });
  }
  try {
    new ModelFile(file).check();
  } finally {
    closeSync(file);
  }
}

class ModelFile {
  readonly #file: number;
  readonly #size: number;
  #at = 0;

  constructor(file: number) {
    this.#file = file;
    this.#size = fstatSync(file).size;
  }

  check(): void {
    if (this.#size < 52 || this.#integers(1)[0] !== MAGIC) broken('it does not begin like a Whisper ggml model');
    const [vocabulary, ...dimensions] = this.#integers(11) as [number, ...number[]];
    const sane = [vocabulary, ...dimensions.slice(0, 9)].every((value) => value > 0 && value <= 1 << 17);
    if (!sane) broken('its header holds impossible sizes');
    const [bands, bins] = this.#integers(2) as [number, number];
    if (bands <= 0 || bands > 512 || bins <= 0 || bins > 4_096) broken('its filter bank has an impossible size');
    this.#skip(bands * bins * 4);
    this.#vocabulary();
    let tensors = 0;
    for (; this.#at < this.#size; tensors++) this.#tensor();
    if (tensors < 20) broken(`it holds ${tensors} tensors only`);
  }

  #vocabulary(): void {
    const [count] = this.#integers(1) as [number];
    if (count <= 0 || count > 1 << 17) broken('its vocabulary has an impossible size');
    for (let i = 0; i < count; i++) {
      const [length] = this.#integers(1) as [number];
      if (length < 0 || length > 4_096) broken('its vocabulary is torn');
      this.#skip(length);
    }
  }

  #tensor(): void {
    const [dimensions, nameLength, type] = this.#integers(3) as [number, number, number];
    if (dimensions < 1 || dimensions > 4 || nameLength < 1 || nameLength > 256) broken('a tensor has no sane header');
    const layout = TENSOR_TYPES[type];
    if (layout === undefined) broken(`a tensor is of unknown type ${type}`);
    const elements = this.#integers(dimensions).reduce((product, size) => product * size, 1);
    if (elements <= 0 || elements % layout[1] !== 0) broken('a tensor has an impossible shape');
    this.#skip(nameLength);
    this.#skip((elements / layout[1]) * layout[0]);
  }

  #integers(count: number): number[] {
    const bytes = this.#read(count * 4);
    return Array.from({ length: count }, (_, i) => bytes.readInt32LE(i * 4));
  }

  #read(length: number): Buffer {
    const bytes = this.#window(length);
    this.#skip(length);
    return bytes;
  }

  /** Small reads come from a buffer: a vocabulary alone is 50,000 of them. */
  #buffer = Buffer.alloc(0);
  #bufferAt = 0;

  #window(length: number): Buffer {
    const offset = this.#at - this.#bufferAt;
    if (offset < 0 || offset + length > this.#buffer.length) {
      const size = Math.max(length, Math.min(65_536, this.#size - this.#at));
      this.#buffer = Buffer.alloc(Math.max(0, size));
      const got = readSync(this.#file, this.#buffer, 0, this.#buffer.length, this.#at);
      if (got < length) broken(`it ends after ${this.#size} bytes, in the middle of its contents`);
      this.#bufferAt = this.#at;
      return this.#buffer.subarray(0, length);
    }
    return this.#buffer.subarray(offset, offset + length);
  }

  #skip(length: number): void {
    this.#at += length;
    if (this.#at > this.#size) broken(`it ends after ${this.#size} bytes, in the middle of its contents`);
  }
}

function broken(problem: string): never {
  throw Object.assign(new Error(problem), { code: 'model.corrupt' });
}
