import t from 'tap';
import { AudioRing } from '../../../../server/core/audio/ring.ts';
import { findSilentEnd, findStretchEnd } from '../../../../server/core/session/recording-stretches.ts';
import { VadHistory, VAD_WINDOW_SAMPLES as WINDOW } from '../../../../server/core/speech/vad-history.ts';

const SECOND = 16_000;

/** 30 s of voice with pauses at `[from, to)`, seconds; what is quiet at `quiet` is still voice to the VAD. */
function hear(pauses: readonly (readonly [from: number, to: number])[], quiet?: number) {
  const history = new VadHistory(45 * SECOND, 0.5);
  const ring = new AudioRing(45 * SECOND);
  for (let at = 0; at < 30 * SECOND; at += WINDOW) {
    const isPause = pauses.some(([from, to]) => at >= from * SECOND && at < to * SECOND);
    const isQuiet = quiet !== undefined && Math.abs(at - quiet * SECOND) < SECOND / 4;
    history.push(isPause ? 0.1 : 0.9, 0.2);
    ring.write(new Float32Array(WINDOW).fill(isQuiet ? 0.001 : 0.2));
  }
  return { history, ring };
}

t.test('a stretch goes on over pauses until it is 28 s long', async (t) => {
  const { history, ring } = hear([[10, 12]]);
  t.equal(findStretchEnd(SECOND, 28 * SECOND, history, ring), undefined);
  t.not(findStretchEnd(SECOND, 29 * SECOND, history, ring), undefined);
});

t.test('it ends in the longest pause of its second half', async (t) => {
  const { history, ring } = hear([
    [5, 8],
    [16, 16.3],
    [20, 21],
    [26, 26.5],
  ]);
  const at = findStretchEnd(0, 28 * SECOND, history, ring);
  t.ok(at !== undefined && Math.abs(at - 20.5 * SECOND) < WINDOW, `${at}`);
});

t.test('without a pause it ends at the quietest place near its end', async (t) => {
  const { history, ring } = hear([], 27);
  const at = findStretchEnd(0, 28 * SECOND, history, ring);
  t.ok(at !== undefined && Math.abs(at - 27 * SECOND) < SECOND / 2, `${at}`);
});

t.test('a long silence ends it, and only its beginning belongs to the stretch', async (t) => {
  t.equal(findSilentEnd(SECOND, 3.9 * SECOND), undefined);
  t.equal(findSilentEnd(SECOND, 4 * SECOND), 1.5 * SECOND);
});
