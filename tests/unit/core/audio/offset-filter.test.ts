import t from 'tap';
import { OffsetFilter } from '../../../../server/core/audio/offset-filter.ts';
import fc from '../../../support/fast-check.ts';

const RATE = 16_000;
const tone = (hz: number, seconds: number, amplitude = 0.2): Float32Array =>
  Float32Array.from({ length: seconds * RATE }, (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / RATE));
const shift = (samples: Float32Array, by: number, from = 0): Float32Array =>
  samples.map((value, i) => (i >= from ? value + by : value));
const filtered = (samples: Float32Array): Float32Array => new OffsetFilter(RATE).push(samples);
const peak = (samples: Float32Array): number => samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const difference = (left: Float32Array, right: Float32Array): number => peak(left.map((value, i) => value - right[i]!));

t.test('a constant offset is gone from the first sample on, without a click', async (t) => {
  for (const offset of [0.4, -0.7, 0.001]) {
    const quiet = filtered(new Float32Array(RATE).fill(offset));
    t.equal(peak(quiet), 0, `silence at ${offset}`);
    const voice = tone(150, 1);
    t.ok(difference(filtered(shift(voice, offset)), filtered(voice)) < 1e-6, `a voice at ${offset}`);
  }
});

t.test('an offset that begins or jumps in mid-stream is gone within 50 ms', async (t) => {
  const voice = tone(150, 2);
  const clean = filtered(voice);
  for (const [first, then] of [
    [0, 0.5],
    [0.4, -0.4],
  ] as const) {
    const jumped = filtered(shift(shift(voice, first), then - first, RATE));
    const rest = difference(jumped.subarray(RATE + 0.05 * RATE), clean.subarray(RATE + 0.05 * RATE));
    t.ok(rest < 0.002, `${first} to ${then}: ${rest} is left`);
  }
});

t.test('an offset that lets the voice clip leaves no offset behind', async (t) => {
  const clipped = shift(tone(150, 2, 0.5), 0.8).map((value) => Math.min(1, value));
  const rest = filtered(clipped).subarray(RATE);
  const mean = rest.reduce((sum, value) => sum + value, 0) / rest.length;
  t.ok(Math.abs(mean) < 1e-3, `mean ${mean}`);
});

t.test('voices pass unchanged and undelayed', async (t) => {
  for (const hz of [100, 300, 1_000, 4_000]) {
    const voice = tone(hz, 1);
    const out = filtered(voice).subarray(RATE / 2);
    t.ok(peak(out) > 0.97 * 0.2, `${hz} Hz keeps its level`);
  }
  const click = new Float32Array(RATE);
  click[5_000] = 0.8;
  const out = filtered(click);
  t.equal(out.indexOf(Math.fround(0.8)), 5_000);
});

t.test('chunks may be cut anywhere, and half a second later nothing depends on where the stream began', async (t) => {
  const samples = shift(tone(170, 2), 0.3);
  const whole = filtered(samples);
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 12 }), (lengths) => {
        const filter = new OffsetFilter(RATE);
        let at = 0;
        const parts = [...lengths, samples.length].flatMap((length) => {
          const chunk = samples.subarray(at, at + length);
          at += chunk.length;
          return [...filter.push(chunk)];
        });
        return parts.every((value, i) => value === whole[i]);
      }),
      { numRuns: 30 },
    ),
  );
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: RATE }), (from) => {
        const resumed = filtered(samples.subarray(from));
        return difference(resumed.subarray(RATE / 2), whole.subarray(from + RATE / 2)) === 0;
      }),
      { numRuns: 30 },
    ),
  );
});
