import t from 'tap';
import { mixNoise } from '../../bench/noise-mix.ts';
import { measureVad } from '../../bench/vad-measures.ts';

const SETTINGS = { open: 0.5, close: 0.35, levelFloor: 0, preRollMs: 300, minSpeechMs: 250 };

/** Four seconds in which a detector finds speech in the windows [from, to). */
function measure(from: number, to: number) {
  const probabilities = Float32Array.from({ length: 125 }, (_, i) => (i >= from && i < to ? 0.9 : 0.1));
  const words = [
    { start: 1, end: 1.4 },
    { start: 2.6, end: 3 },
  ];
  return measureVad({ samples: new Float32Array(64_000).fill(0.1), probabilities, words }, SETTINGS);
}

t.test('a word is missed when less than half of it is decoded', async (t) => {
  t.match(measure(31, 94), { words: 2, missedWords: 0, falseSpans: 0 });
  t.match(measure(31, 44), { missedWords: 1 });
  t.match(measure(0, 0), { missedWords: 2, falseS: 0 });
  t.match(measure(31, 36), { missedWords: 2 }, 'too short to be decoded');
});

t.test('the edges of speech are measured at the pauses, and voice without words counts as false', async (t) => {
  const { onsets, offsets } = measure(28, 47);
  t.ok(Math.abs(onsets[0]! - (28 * 0.032 - 1)) < 1e-6);
  t.ok(Math.abs(offsets[0]! - (47 * 0.032 - 1.4)) < 1e-6);
  const { falseS, falseSpans } = measure(2, 15);
  t.equal(falseSpans, 1);
  t.ok(falseS > 0.4, `${falseS}`);
});

t.test('noise is added at the ratio that was asked for', async (t) => {
  const speech = Int16Array.from({ length: 16_000 }, (_, i) => Math.round(8_000 * Math.sin(i / 7)));
  const noise = { name: 'hum', samples: Float32Array.from({ length: 3_000 }, (_, i) => 0.01 * Math.sin(i / 3)) };
  const mixed = mixNoise(speech, noise, 10);
  const power = (values: readonly number[]): number => values.reduce((sum, value) => sum + value * value, 0);
  const ratio = power([...speech]) / power([...mixed].map((value, i) => value - speech[i]!));
  t.ok(Math.abs(10 * Math.log10(ratio) - 10) < 0.1, `${10 * Math.log10(ratio)} dB`);
});
