import t from 'tap';
import { PIPELINE } from '../../../../server/core/session/settings.ts';
import { GATE_THRESHOLDS, SpeechGate } from '../../../../server/core/speech/gate.ts';

/** Pairs of probability and level; whether each window is voice. */
function check(windows: readonly (readonly [number, number])[], want: readonly boolean[]): void {
  const gate = new SpeechGate({ ...PIPELINE.vad, open: 0.5, close: 0.35 });
  t.same(
    windows.map(([probability, level]) => gate.push(probability, level)),
    want,
  );
}

t.test('a doubtful window does not open the gate, but does not close it either', async () =>
  check(
    [
      [0.4, 0.1],
      [0.6, 0.1],
      [0.4, 0.1],
      [0.3, 0.1],
    ],
    [false, true, true, false],
  ),
);
t.test('people far from the microphone are heard: 64 dB below full scale', async () => check([[0.9, 0.0006]], [true]));
t.test('the noise of the converter alone is not', async () => check([[0.9, 0.0001]], [false]));
t.test('each detector has thresholds of its own, with some hysteresis', async (t) => {
  for (const [name, { open, close }] of Object.entries(GATE_THRESHOLDS)) t.ok(0 < close && close < open, name);
  t.same(PIPELINE.vad, { ...PIPELINE.vad, ...GATE_THRESHOLDS.silero });
});
