import t from 'tap';
import { stripWavHeader } from '../../../server/dialect/wav-header.ts';

const chunk = (name: string, bytes: Uint8Array): Buffer => {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, bytes, Buffer.alloc(bytes.length % 2)]);
};
const wav = (...chunks: Buffer[]): Uint8Array => Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE'), ...chunks]);
const SAMPLES = Uint8Array.of(1, 2, 3, 4);

t.test('samples begin behind the header, whatever chunks stand before them', async (t) => {
  const format = chunk('fmt ', new Uint8Array(16));
  t.same([...stripWavHeader(wav(format, chunk('data', SAMPLES)))], [...SAMPLES]);
  t.same([...stripWavHeader(wav(chunk('LIST', new Uint8Array(7)), format, chunk('data', SAMPLES)))], [...SAMPLES]);
  t.same([...stripWavHeader(SAMPLES)], [...SAMPLES]);
});

t.test('a frame of empty chunks is not searched to its end', async (t) => {
  const empty = Array.from({ length: 65 }, () => chunk('none', new Uint8Array(0)));
  const frame = wav(...empty, chunk('data', SAMPLES));
  t.equal(stripWavHeader(frame), frame);
});
