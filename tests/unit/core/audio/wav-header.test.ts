import t from 'tap';
import { buildWavHeader, UNKNOWN_BYTES } from '../../../../server/core/audio/wav-header.ts';

const tagsOf = (bytes: Uint8Array): string[] =>
  [0, 8, 12, 36].map((at) => Buffer.from(bytes.subarray(at, at + 4)).toString('latin1'));

t.test('a header has the format and the length of the samples behind it', async (t) => {
  const bytes = buildWavHeader({ sampleRate: 16_000, channels: 2 }, 6_400);
  const view = new DataView(bytes.buffer);
  t.equal(bytes.length, 44);
  t.same(tagsOf(bytes), ['RIFF', 'WAVE', 'fmt ', 'data']);
  t.same(
    [4, 16, 24, 28, 40].map((at) => view.getUint32(at, true)),
    [6_436, 16, 16_000, 64_000, 6_400],
  );
  t.same(
    [20, 22, 32, 34].map((at) => view.getUint16(at, true)),
    [1, 2, 4, 16],
    'PCM, channels, bytes of all channels, bits',
  );
});

t.test('a stream has the largest length there is', async (t) => {
  const view = new DataView(buildWavHeader({ sampleRate: 16_000, channels: 1 }, UNKNOWN_BYTES).buffer);
  t.same([view.getUint32(4, true), view.getUint32(40, true)], [UNKNOWN_BYTES, UNKNOWN_BYTES]);
});
