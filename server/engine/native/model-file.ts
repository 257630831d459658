import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** First four bytes of a ggml model file. */
const MAGIC = 0x67676d6c;
/** Bins of Whisper's spectrogram before the filter bank. */
const FREQUENCY_BINS = 201;
const VOCABULARY_MIN = 51_864;
const VOCABULARY_MAX = 51_866;
const ELEMENTS_MAX = 2 ** 31 - 1;
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
 * Reads a Whisper ggml file, without its weights, and checks that everything its headers announce is there, because the
 * library trusts the file. Throws an Error with `code` `model.absent` or `model.corrupt`.
 */
export function checkModelFile(path: string): void {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw Object.assign(new Error('the file cannot be opened', { cause }), { code: 'model.absent' });
  }
  try {
    if (!fstatSync(file).isFile()) throw Object.assign(new Error('it is not a file'), { code: 'model.absent' });
    new ModelFile(file).check();
  } finally {
    closeSync(file);
  }
}

class ModelFile {
  readonly #file: number;
  readonly #size: number;
  #position = 0;

  constructor(file: number) {
    this.#file = file;
    this.#size = fstatSync(file).size;
  }

  check(): void {
    if (this.#size < 52 || this.#readIntegers(1)[0] !== MAGIC) reject('it does not begin like a Whisper ggml model');
    const header = parseHeader(this.#readIntegers(11));
    const [bands, bins] = this.#readIntegers(2) as [number, number];
    if (bands !== header.melBands || bins !== FREQUENCY_BINS) reject('its filter bank has an impossible size');
    this.#skip(bands * bins * 4);
    this.#skipVocabulary(header.vocabulary);
    let elements = 0;
    while (this.#position < this.#size) elements += this.#skipTensor();
    // The library would allocate what the header says before it reads a single tensor.
    if (elements !== countElements(header)) reject('its header and its tensors do not fit together');
  }

  #skipVocabulary(countMax: number): void {
    const [count] = this.#readIntegers(1) as [number];
    if (count <= 0 || count > countMax) reject('its vocabulary has an impossible size');
    for (let i = 0; i < count; i++) {
      const [length] = this.#readIntegers(1) as [number];
      if (length < 0 || length > 4_096) reject('its vocabulary is incomplete');
      this.#skip(length);
    }
  }

  /** Skips the tensor at the current position and returns its number of elements. */
  #skipTensor(): number {
    const [dimensions, nameLength, type] = this.#readIntegers(3) as [number, number, number];
    if (dimensions < 1 || dimensions > 4 || nameLength < 1 || nameLength > 256)
      reject('a tensor has an impossible header');
    const layout = TENSOR_TYPES[type];
    if (layout === undefined) reject(`a tensor is of unknown type ${type}`);
    const elements = this.#readIntegers(dimensions).reduce((product, size) => product * size, 1);
    if (elements <= 0 || elements > ELEMENTS_MAX || elements % layout[1] !== 0)
      reject('a tensor has an impossible shape');
    this.#skip(nameLength);
    this.#skip((elements / layout[1]) * layout[0]);
    return elements;
  }

  #readIntegers(count: number): number[] {
    const bytes = this.#read(count * 4);
    return Array.from({ length: count }, (_, i) => bytes.readInt32LE(i * 4));
  }

  #read(length: number): Buffer {
    const bytes = this.#fill(length);
    this.#skip(length);
    return bytes;
  }

  /** Small reads come from a buffer: a vocabulary alone is 50,000 of them. */
  #buffer = Buffer.alloc(0);
  #bufferPosition = 0;

  #fill(length: number): Buffer {
    const offset = this.#position - this.#bufferPosition;
    if (offset < 0 || offset + length > this.#buffer.length) {
      const size = Math.max(length, Math.min(65_536, this.#size - this.#position));
      this.#buffer = Buffer.alloc(Math.max(0, size));
      const bytesRead = readSync(this.#file, this.#buffer, 0, this.#buffer.length, this.#position);
      if (bytesRead < length) reject(`it ends after ${this.#size} bytes, in the middle of its contents`);
      this.#bufferPosition = this.#position;
      return this.#buffer.subarray(0, length);
    }
    return this.#buffer.subarray(offset, offset + length);
  }

  #skip(length: number): void {
    this.#position += length;
    if (this.#position > this.#size) reject(`it ends after ${this.#size} bytes, in the middle of its contents`);
  }
}

interface Header {
  readonly vocabulary: number;
  readonly audioFrames: number;
  readonly audioWidth: number;
  readonly audioLayers: number;
  readonly textTokens: number;
  readonly textWidth: number;
  readonly textLayers: number;
  readonly melBands: number;
}

/** ggml's numbers for the precision of a whole file, modulo 1000; the thousands are the version of the quantization. */
const PRECISIONS = new Set([0, 1, 2, 3, 7, 8, 9, 10, 11, 12, 13, 14]);

function parseHeader(integers: readonly number[]): Header {
  const precision = integers[10]!;
  if (precision < 0 || precision >= 3_000 || !PRECISIONS.has(precision % 1_000))
    reject(`its precision ${precision} is unknown`);
  const [vocabulary, audioFrames, audioWidth, audioHeads, audioLayers] = integers as [
    number,
    number,
    number,
    number,
    number,
  ];
  const [textTokens, textWidth, textHeads, textLayers, melBands] = integers.slice(5) as [
    number,
    number,
    number,
    number,
    number,
  ];
  // Special tokens have fixed places: a smaller vocabulary would be read beyond its end.
  if (vocabulary < VOCABULARY_MIN || vocabulary > VOCABULARY_MAX)
    reject(`it has ${vocabulary} tokens, which no Whisper has`);
  for (const [width, heads] of [
    [audioWidth, audioHeads],
    [textWidth, textHeads],
  ] as const) {
    const divides = width > 0 && width <= 8_192 && heads > 0 && heads <= width && width % heads === 0;
    if (!divides) reject('its header holds impossible sizes');
  }
  if (audioWidth !== textWidth) reject('its encoder and decoder are of different widths');
  const limits: readonly (readonly [number, number])[] = [
    [audioLayers, 64],
    [textLayers, 64],
    [audioFrames, 1_500],
    [textTokens, 1_024],
    [melBands, 256],
  ];
  if (!limits.every(([value, most]) => value > 0 && value <= most)) reject('its header holds impossible sizes');
  return { vocabulary, audioFrames, audioWidth, audioLayers, textTokens, textWidth, textLayers, melBands };
}

/** Elements of all the tensors that a Whisper of these dimensions has. */
function countElements(h: Header): number {
  const attention = (width: number): number => 4 * width * width + 3 * width;
  const block = (width: number): number => 8 * width * width + 5 * width;
  const norm = (width: number): number => 2 * width;
  const convolutions = 3 * h.melBands * h.audioWidth + 3 * h.audioWidth * h.audioWidth + 2 * h.audioWidth;
  const audioLayer = attention(h.audioWidth) + block(h.audioWidth) + 2 * norm(h.audioWidth);
  const textLayer = 2 * attention(h.textWidth) + block(h.textWidth) + 3 * norm(h.textWidth);
  const encoder = h.audioFrames * h.audioWidth + convolutions + h.audioLayers * audioLayer + norm(h.audioWidth);
  const decoder = (h.textTokens + h.vocabulary) * h.textWidth + h.textLayers * textLayer + norm(h.textWidth);
  return encoder + decoder;
}

function reject(problem: string): never {
  throw Object.assign(new Error(problem), { code: 'model.corrupt' });
}
