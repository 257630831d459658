import t from 'tap';
import { decodePcm } from '../../../../server/core/audio/pcm.ts';

const bytesOf = (array: Int16Array | Float32Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

t.test('16-bit samples become shares of full scale, and those at full scale count as clipped', async (t) => {
  const { samples, clipped, invalid } = decodePcm(
    'pcm_s16le',
    bytesOf(Int16Array.of(0, 16_384, -16_384, 32_767, -32_768)),
  );
  t.same([...samples], [0, 0.5, -0.5, 32_767 / 32_768, -1]);
  t.same({ clipped, invalid }, { clipped: 2, invalid: 0 });
});

t.test('16-bit samples are little-endian, wherever their bytes begin', async (t) => {
  const bytes = Uint8Array.of(9, 0x00, 0x40, 0x00, 0xc0).subarray(1);
  t.same([...decodePcm('pcm_s16le', bytes).samples], [0.5, -0.5]);
});

t.test('floats beyond full scale are cut to it, and those that are no numbers become silence', async (t) => {
  const floats = Float32Array.of(0.25, -0.5, 1, -3, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
  const { samples, clipped, invalid } = decodePcm('pcm_f32le', bytesOf(floats));
  t.same([...samples], [0.25, -0.5, 1, -1, 0, 0, 0]);
  t.same({ clipped, invalid }, { clipped: 2, invalid: 3 });
});

// ITU-T G.711, tables 1a to 2b: the code of each end of the scale, and of the smallest values.
t.test('mu-law is decoded as G.711 says', async (t) => {
  const { samples, clipped } = decodePcm('mulaw', Uint8Array.of(0xff, 0x7f, 0xfe, 0x7e, 0x80, 0x00));
  t.same(
    [...samples].map((value) => Math.round(value * 32_768)),
    [0, 0, 8, -8, 32_124, -32_124],
  );
  t.equal(clipped, 0);
});

t.test('A-law is decoded as G.711 says', async (t) => {
  const { samples } = decodePcm('alaw', Uint8Array.of(0xd5, 0x55, 0xd4, 0x54, 0xaa, 0x2a));
  t.same(
    [...samples].map((value) => Math.round(value * 32_768)),
    [8, -8, 24, -24, 32_256, -32_256],
  );
});

t.test('both laws are symmetric, and grow with every step away from zero', async (t) => {
  for (const [encoding, zero] of [
    ['mulaw', 0xff],
    ['alaw', 0xd5],
  ] as const) {
    const { samples } = decodePcm(
      encoding,
      Uint8Array.from({ length: 256 }, (_, i) => i),
    );
    const mask = encoding === 'mulaw' ? 0xff : 0x55;
    const positive = Array.from({ length: 128 }, (_, step) => samples[(0x80 | step) ^ (mask & 0x7f)]!);
    for (let step = 1; step < 128; step++) t.ok(positive[step]! > positive[step - 1]!, `${encoding} ${step}`);
    for (let code = 0; code < 128; code++) t.equal(samples[code]! + samples[code | 0x80]!, 0);
    t.ok(Math.abs(samples[zero]!) < 0.001);
  }
});
