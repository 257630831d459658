import t from 'tap';
import { Resampler } from '../../../../server/core/audio/resample.ts';

/** Feeds a tone in chunks of `chunk` and compares with the same tone made at 16 kHz. */
function check(rate: number, hz: number, chunk: number): { length: number; error: number } {
  const seconds = 0.5;
  const input = Float32Array.from({ length: rate * seconds }, (_, i) => Math.sin((2 * Math.PI * hz * i) / rate));
  const resampler = new Resampler(rate);
  const out: number[] = [];
  for (let at = 0; at < input.length; at += chunk) out.push(...resampler.push(input.subarray(at, at + chunk)));
  out.push(...resampler.flush());
  let error = 0;
  // The first and last few milliseconds see the silence around the tone.
  for (let i = 200; i < out.length - 200; i++) {
    error = Math.max(error, Math.abs(out[i]! - Math.sin((2 * Math.PI * hz * i) / 16_000)));
  }
  return { length: out.length, error };
}

for (const rate of [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]) {
  t.test(`a tone keeps its level, phase and length from ${rate} Hz, in chunks of any size`, async (t) => {
    for (const chunk of [1, 160, 997]) {
      const { length, error } = check(rate, 1_000, chunk);
      t.equal(length, Math.round((Math.floor(rate / 2) * 16_000) / rate), `length in chunks of ${chunk}`);
      t.ok(error < 0.01, `error ${error} in chunks of ${chunk}`);
    }
  });
}

t.test('a tone above 8 kHz does not fold back', async (t) => {
  const input = Float32Array.from({ length: 24_000 }, (_, i) => Math.sin((2 * Math.PI * 11_000 * i) / 48_000));
  const out = new Resampler(48_000).push(input).subarray(200);
  t.ok(Math.max(...out.map(Math.abs)) < 0.01);
});
