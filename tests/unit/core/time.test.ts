import t from 'tap';
import { DECODE_SAMPLES_MAX, msToSamples, SAMPLE_RATE, samplesToMs } from '../../../server/core/time.ts';

t.test('milliseconds and samples of the 16 kHz stream are rounded to whole ones', async (t) => {
  t.equal(msToSamples(1_000), SAMPLE_RATE);
  t.equal(msToSamples(0.03), 0);
  t.equal(msToSamples(0.04), 1);
  t.equal(samplesToMs(24), 2);
  t.equal(samplesToMs(23), 1);
});

t.test('every whole millisecond comes back from its samples', async (t) => {
  for (const ms of [0, 1, 999, 3_600_000, 86_400_000]) t.equal(samplesToMs(msToSamples(ms)), ms);
});

t.test('the longest span that is decoded fits into the 30 s Whisper hears', async (t) => {
  t.ok(DECODE_SAMPLES_MAX < 30 * SAMPLE_RATE);
});
