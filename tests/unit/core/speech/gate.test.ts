import t from 'tap';
import { PIPELINE } from '../../../../server/core/session/settings.ts';
import { SpeechGate } from '../../../../server/core/speech/gate.ts';

/** Pairs of probability and level; whether each window is voice. */
function check(windows: readonly (readonly [number, number])[], want: readonly boolean[]): void {
  const gate = new SpeechGate(PIPELINE.vad);
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
