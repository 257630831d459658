import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { getModelPath } from '../../../models/locate.ts';
import { findModel } from '../../../models/registry.ts';
import { FourierTransform } from '../../../server/turn/thread/fourier.ts';
import { FRAMES, INPUT_SAMPLES, LogMel, MEL_BANDS } from '../../../server/turn/thread/log-mel.ts';
import { SmartTurnModel } from '../../../server/turn/thread/smart-turn-model.ts';
import { readSamples } from '../../support/recordings.ts';

interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly probability: number;
  /** Band, frame, value. */
  readonly logMel: readonly (readonly [number, number, number])[];
}

const FIXTURES = fileURLToPath(new URL('../../fixtures', import.meta.url));
const { spans } = JSON.parse(readFileSync(join(FIXTURES, 'smart-turn.json'), 'utf8')) as { spans: Span[] };

function read({ file, start, end }: Span): Float32Array {
  return Float32Array.from(readSamples(join(FIXTURES, 'speech', file)).subarray(start, end), (value) => value / 32_768);
}

t.test('the log-mel spectrogram is that of the model’s own preprocessor', async (t) => {
  const logMel = new LogMel();
  for (const span of spans) {
    const values = logMel.compute(read(span));
    t.equal(values.length, MEL_BANDS * FRAMES);
    const worst = Math.max(
      ...span.logMel.map(([band, frame, value]) => Math.abs(values[band * FRAMES + frame]! - value)),
    );
    t.ok(worst < 1e-4, `${span.file} ${span.start}-${span.end}: within ${worst}`);
  }
});

t.test('the model answers what it answers in Python', async (t) => {
  const model = await SmartTurnModel.load(getModelPath(findModel('smart-turn')!));
  for (const span of spans) {
    const probability = await model.predict(read(span));
    // Quantised weights: kernels of other processors round differently.
    t.ok(
      Math.abs(probability - span.probability) < 0.05,
      `${span.file}: ${probability}, in Python ${span.probability}`,
    );
  }
});

t.test('audio of any length has a spectrogram of finite numbers', async (t) => {
  const logMel = new LogMel();
  for (const length of [0, 1, 159, 200, 201, 401, INPUT_SAMPLES - 1, INPUT_SAMPLES, INPUT_SAMPLES + 7])
    t.ok(logMel.compute(new Float32Array(length)).every(Number.isFinite), `${length} samples of silence`);
});

t.test('frames of padding that are not computed are like those that are', async (t) => {
  const speech = read(spans[0]!).subarray(0, 3 * 16_000);
  const padded = new Float32Array(INPUT_SAMPLES);
  padded.set(speech, INPUT_SAMPLES - speech.length);
  const [short, whole] = [new LogMel().compute(speech), new LogMel().compute(padded)];
  const worst = short.reduce((most, value, i) => Math.max(most, Math.abs(value - whole[i]!)), 0);
  t.ok(worst < 1e-5, `within ${worst}`);
});

t.test('the Fourier transform is the sum it stands for', async (t) => {
  const length = 100;
  const real = Float64Array.from({ length }, (_, i) => Math.sin(i * i));
  const imag = Float64Array.from({ length }, (_, i) => Math.cos(3 * i));
  const values = { real: real.slice(), imag: imag.slice() };
  new FourierTransform(length).transform(values);
  let worst = 0;
  for (let k = 0; k < length; k++) {
    let [sumReal, sumImag] = [0, 0];
    for (let n = 0; n < length; n++) {
      const angle = (-2 * Math.PI * k * n) / length;
      sumReal += real[n]! * Math.cos(angle) - imag[n]! * Math.sin(angle);
      sumImag += real[n]! * Math.sin(angle) + imag[n]! * Math.cos(angle);
    }
    worst = Math.max(worst, Math.abs(values.real[k]! - sumReal), Math.abs(values.imag[k]! - sumImag));
  }
  t.ok(worst < 1e-9, `within ${worst}`);
  t.throws(() => new FourierTransform(96), RangeError);
});
