/** Files written for tests: sound formats that need no codec, and others rearranged. */

export interface WavOptions {
  readonly channels?: number;
  readonly bits?: 16 | 24;
  /** Bytes of a chunk before the samples, and of one behind them. */
  readonly chunkBefore?: number;
  readonly chunkBehind?: number;
}

/** A WAV of 16-bit samples, interleaved. */
export function wav(samples: Int16Array, rate: number, options: WavOptions = {}): Uint8Array {
  const { channels = 1, bits = 16, chunkBefore, chunkBehind } = options;
  const format = Buffer.alloc(16);
  format.writeUInt16LE(1, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(rate, 4);
  format.writeUInt32LE((rate * channels * bits) / 8, 8);
  format.writeUInt16LE((channels * bits) / 8, 12);
  format.writeUInt16LE(bits, 14);
  const bytes = Buffer.alloc((samples.length * bits) / 8);
  for (const [i, sample] of samples.entries()) bytes.writeIntLE(sample * 2 ** (bits - 16), (i * bits) / 8, bits / 8);
  const chunks = [
    chunk('fmt ', format),
    ...(chunkBefore === undefined ? [] : [chunk('junk', Buffer.alloc(chunkBefore, 1))]),
    chunk('data', bytes),
    ...(chunkBehind === undefined ? [] : [chunk('id3 ', Buffer.alloc(chunkBehind, 0x55))]),
  ];
  const body = Buffer.concat([Buffer.from('WAVE', 'latin1'), ...chunks]);
  return Uint8Array.from(chunk('RIFF', body));
}

function chunk(name: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

const bigEndian = (samples: Int16Array): Buffer => Buffer.from(samples.slice().buffer).swap16();

/** An AIFF of one channel of 16 bits. */
export function aiff(samples: Int16Array, rate: number): Uint8Array {
  const common = Buffer.alloc(26);
  common.write('COMM', 'latin1');
  common.writeUInt32BE(18, 4);
  common.writeUInt16BE(1, 8);
  common.writeUInt32BE(samples.length, 10);
  common.writeUInt16BE(16, 14);
  // The rate as an 80-bit float.
  const exponent = Math.floor(Math.log2(rate));
  common.writeUInt16BE(16_383 + exponent, 16);
  common.writeBigUInt64BE(BigInt(rate) << BigInt(63 - exponent), 18);
  const sound = Buffer.alloc(16);
  sound.write('SSND', 'latin1');
  sound.writeUInt32BE(samples.byteLength + 8, 4);
  const body = Buffer.concat([Buffer.from('AIFF', 'latin1'), common, sound, bigEndian(samples)]);
  const head = Buffer.alloc(8);
  head.write('FORM', 'latin1');
  head.writeUInt32BE(body.length, 4);
  return Uint8Array.from(Buffer.concat([head, body]));
}

/** A Sun AU of one channel of 16 bits. */
export function au(samples: Int16Array, rate: number): Uint8Array {
  const head = Buffer.alloc(24);
  head.write('.snd', 'latin1');
  for (const [i, value] of [24, samples.byteLength, 3, rate, 1].entries()) head.writeUInt32BE(value, 4 + i * 4);
  return Uint8Array.from(Buffer.concat([head, bigEndian(samples)]));
}

interface Box {
  readonly type: string;
  readonly bytes: Buffer;
}

function readBoxes(file: Uint8Array): Box[] {
  const bytes = Buffer.from(file);
  const boxes: Box[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at))
    boxes.push({
      type: bytes.toString('latin1', at + 4, at + 8),
      bytes: bytes.subarray(at, at + bytes.readUInt32BE(at)),
    });
  return boxes;
}

/** The boxes of an MP4 file in another order, with the offsets of its sound put right. */
function arrange(before: readonly Box[], after: readonly Box[]): Uint8Array {
  const start = (boxes: readonly Box[]): number => {
    const at = boxes.findIndex(({ type }) => type === 'mdat');
    return boxes.slice(0, at).reduce((sum, { bytes }) => sum + bytes.length, 0);
  };
  const moved = start(after) - start(before);
  return Uint8Array.from(
    Buffer.concat(
      after.map(({ type, bytes }) => {
        if (type !== 'moov') return bytes;
        const moov = Buffer.from(bytes);
        const at = moov.indexOf('stco', 0, 'latin1');
        for (let i = 0; i < moov.readUInt32BE(at + 8); i++)
          moov.writeUInt32BE(moov.readUInt32BE(at + 12 + i * 4) + moved, at + 12 + i * 4);
        return moov;
      }),
    ),
  );
}

/** The same MP4 with its index behind the sound. */
export function indexLast(file: Uint8Array): Uint8Array {
  const boxes = readBoxes(file);
  const index = boxes.filter(({ type }) => type === 'moov');
  return arrange(boxes, [...boxes.filter(({ type }) => type !== 'moov'), ...index]);
}

/** The same MP4 as a QuickTime file of old, which begins with its index. */
export function withoutTypeBox(file: Uint8Array): Uint8Array {
  const boxes = readBoxes(file);
  const index = boxes.filter(({ type }) => type === 'moov');
  return arrange(boxes, [...index, ...boxes.filter(({ type }) => !['moov', 'ftyp'].includes(type))]);
}
