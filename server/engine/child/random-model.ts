import { closeSync, openSync, writeSync } from 'node:fs';

/** Shape of a Whisper model with random weights: right in form, without sense. */
export interface RandomShape {
  /** 51864 is English only, 51865 many languages, 51866 as large-v3. */
  readonly vocabulary: 51_864 | 51_865 | 51_866;
  readonly melBands: 80 | 128;
  readonly type: TensorType;
  /** Of the encoder and of the decoder each; 2 by default. */
  readonly layers?: number;
  /** 64 by default. */
  readonly width?: number;
  /** Of attention, each of 64 values in every published model; as many by default. */
  readonly heads?: number;
}

export type TensorType = 'f32' | 'f16' | 'q4_0' | 'q4_1' | 'q5_0' | 'q5_1' | 'q8_0';

/** ggml's number of the type, its number as a file type, and how many bytes of scales and of values a block of 32 has. */
const TYPES: Readonly<Record<TensorType, { type: number; file: number; halves: number; bytes: number }>> = {
  f32: { type: 0, file: 0, halves: 0, bytes: 0 },
  f16: { type: 1, file: 1, halves: 0, bytes: 0 },
  q4_0: { type: 2, file: 2, halves: 1, bytes: 16 },
  q4_1: { type: 3, file: 3, halves: 2, bytes: 16 },
  q5_0: { type: 6, file: 8, halves: 1, bytes: 20 },
  q5_1: { type: 7, file: 9, halves: 2, bytes: 20 },
  q8_0: { type: 8, file: 7, halves: 1, bytes: 32 },
};
const MAGIC = 0x67676d6c;
const BLOCK = 32;
const FREQUENCY_BINS = 201;
const AUDIO_FRAMES = 1_500;
const TEXT_TOKENS = 448;
const WORDS = 50_257;
/** 1/64 as a half float. */
const SMALL_HALF = 0x2400;

/** Writes the file tensor by tensor: those of large shapes have hundreds of MB. */
export function writeRandomModel(path: string, shape: RandomShape): void {
  const file = openSync(path, 'w');
  try {
    buildRandomModel(shape, (part) => writeSync(file, part));
  } finally {
    closeSync(file);
  }
}

export function randomModel(shape: RandomShape): Buffer {
  const parts: Buffer[] = [];
  buildRandomModel(shape, (part) => parts.push(part));
  return Buffer.concat(parts);
}

function buildRandomModel(shape: RandomShape, write: (part: Buffer) => void): void {
  const { vocabulary, melBands, type, layers = 2, width = 64, heads = width / 64 } = shape;
  const words: Buffer[] = [];
  const integers = (...values: number[]): void => {
    const bytes = Buffer.alloc(values.length * 4);
    for (const [i, value] of values.entries()) bytes.writeInt32LE(value, i * 4);
    words.push(bytes);
  };
  const flush = (): void => write(Buffer.concat(words.splice(0)));
  integers(MAGIC, vocabulary, AUDIO_FRAMES, width, heads, layers, TEXT_TOKENS, width, heads, layers, melBands);
  integers(TYPES[type].file, melBands, FREQUENCY_BINS);
  words.push(floats(melBands * FREQUENCY_BINS, () => Math.abs(random()) / FREQUENCY_BINS));
  integers(WORDS);
  for (let id = 0; id < WORDS; id++) {
    const text = Buffer.from(id < 256 ? String.fromCharCode(id) : ` w${id}`, 'latin1');
    integers(text.length);
    words.push(text);
  }
  const tensor = (name: string, dimensions: readonly number[], wanted: TensorType): void => {
    integers(dimensions.length, name.length, TYPES[wanted].type, ...dimensions);
    words.push(
      Buffer.from(name),
      values(
        dimensions.reduce((product, size) => product * size, 1),
        wanted,
      ),
    );
    flush();
  };
  for (const [name, dimensions, kind] of tensors(vocabulary, melBands, layers, width)) {
    const convolution = type === 'f32' ? 'f32' : 'f16';
    tensor(name, dimensions, kind === 'matrix' ? type : kind === 'convolution' ? convolution : 'f32');
  }
}

type Tensor = readonly [name: string, dimensions: readonly number[], kind: 'matrix' | 'convolution' | 'vector'];

function tensors(vocabulary: number, melBands: number, layers: number, width: number): Tensor[] {
  const linear = (name: string, from: number, to: number, biased = true): Tensor[] => [
    [`${name}.weight`, [from, to], 'matrix'],
    ...(biased ? [[`${name}.bias`, [to], 'vector'] as const] : []),
  ];
  const norm = (name: string): Tensor[] => [
    [`${name}.weight`, [width], 'vector'],
    [`${name}.bias`, [width], 'vector'],
  ];
  const attention = (name: string): Tensor[] => [
    ...norm(`${name}_ln`),
    ...linear(`${name}.query`, width, width),
    ...linear(`${name}.key`, width, width, false),
    ...linear(`${name}.value`, width, width),
    ...linear(`${name}.out`, width, width),
  ];
  const block = (name: string): Tensor[] => [
    ...norm(`${name}.mlp_ln`),
    ...linear(`${name}.mlp.0`, width, 4 * width),
    ...linear(`${name}.mlp.2`, 4 * width, width),
    ...attention(`${name}.attn`),
  ];
  const each = (side: string, cross: boolean): Tensor[] =>
    Array.from({ length: layers }, (_, i) => `${side}.blocks.${i}`).flatMap((name) => [
      ...block(name),
      ...(cross ? attention(`${name}.cross_attn`) : []),
    ]);
  return [
    ['encoder.positional_embedding', [width, AUDIO_FRAMES], 'vector'],
    ['encoder.conv1.weight', [3, melBands, width], 'convolution'],
    ['encoder.conv1.bias', [1, width], 'vector'],
    ['encoder.conv2.weight', [3, width, width], 'convolution'],
    ['encoder.conv2.bias', [1, width], 'vector'],
    ...norm('encoder.ln_post'),
    ...each('encoder', false),
    ['decoder.positional_embedding', [width, TEXT_TOKENS], 'vector'],
    ['decoder.token_embedding.weight', [width, vocabulary], 'matrix'],
    ...norm('decoder.ln'),
    ...each('decoder', true),
  ];
}

let seed = 1;

/** In -1..1, the same in every run. */
function random(): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
  return seed / 0x3fffffff - 1;
}

function floats(count: number, next: () => number): Buffer {
  const bytes = Buffer.alloc(count * 4);
  for (let i = 0; i < count; i++) bytes.writeFloatLE(next(), i * 4);
  return bytes;
}

/** Values beyond so many repeat: a cost does not depend on them, and random numbers take seconds. */
const VALUES_MAX = 262_144;

function values(count: number, type: TensorType): Buffer {
  if (count <= VALUES_MAX) return randomValues(count, type);
  const first = randomValues(VALUES_MAX, type);
  return Buffer.alloc((first.length / VALUES_MAX) * count, first);
}

function randomValues(count: number, type: TensorType): Buffer {
  if (type === 'f32') return floats(count, () => random() / 8);
  if (type === 'f16') {
    const bytes = Buffer.alloc(count * 2);
    // Sign and low mantissa are random, the size is about 1/16.
    for (let i = 0; i < count; i++) bytes.writeUInt16LE(0x2c00 | (random() < 0 ? 0x8000 : 0) | (i % 1_024), i * 2);
    return bytes;
  }
  const { halves, bytes: size } = TYPES[type];
  const length = halves * 2 + size;
  const bytes = Buffer.alloc((count / BLOCK) * length);
  for (let at = 0; at < bytes.length; at += length) {
    for (let i = 0; i < halves; i++) bytes.writeUInt16LE(i === 0 ? SMALL_HALF : SMALL_HALF | 0x8000, at + i * 2);
    for (let i = 0; i < size; i++) bytes[at + halves * 2 + i] = Math.floor((random() + 1) * 127);
  }
  return bytes;
}
