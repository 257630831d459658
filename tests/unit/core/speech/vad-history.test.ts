import t from 'tap';
import { computeLevel, VAD_WINDOW_SAMPLES, VadHistory } from '../../../../server/core/speech/vad-history.ts';

const CAPACITY = 4 * VAD_WINDOW_SAMPLES;

function logOf(probabilities: readonly number[], from = 0): VadHistory {
  const log = new VadHistory(CAPACITY, 0.5, from);
  for (const probability of probabilities) log.push(probability, probability / 10);
  return log;
}

t.test('voice is counted in samples of windows at or above the threshold', async (t) => {
  const log = logOf([0.4, 0.5, 0.9]);
  t.equal(log.end, 3 * VAD_WINDOW_SAMPLES);
  t.equal(log.countVoiced(0, 3 * VAD_WINDOW_SAMPLES), 2 * VAD_WINDOW_SAMPLES);
  t.equal(log.countVoiced(0, VAD_WINDOW_SAMPLES), 0);
});

t.test('of a window that a span begins or ends in, the part inside counts', async (t) => {
  const log = logOf([0.9, 0.9]);
  t.equal(log.countVoiced(100, VAD_WINDOW_SAMPLES + 50), VAD_WINDOW_SAMPLES - 50);
});

t.test('the longest pause is found, the latest of equal ones, within the span that is asked for', async (t) => {
  const log = logOf([0.1, 0.9, 0.1, 0.9]);
  const at = (window: number): number => window * VAD_WINDOW_SAMPLES;
  t.same(log.findLongestPause(0, at(4)), { from: at(2), to: at(3) });
  t.same(logOf([0.1, 0.1, 0.9, 0.1]).findLongestPause(100, at(4)), { from: 100, to: at(2) });
  t.same(logOf([0.9, 0.1, 0.1]).findLongestPause(0, at(2) + 7), { from: at(1), to: at(2) + 7 });
  t.equal(logOf([0.9, 0.9]).findLongestPause(0, at(9)), undefined, 'what is not judged yet is no pause');
});

t.test('what is not judged yet counts as voice, and has no peak', async (t) => {
  const log = logOf([0.1]);
  t.equal(log.countVoiced(0, 2 * VAD_WINDOW_SAMPLES), VAD_WINDOW_SAMPLES);
  t.ok(Math.abs(log.peakProbability(0, 5 * VAD_WINDOW_SAMPLES) - 0.1) < 1e-6);
  t.equal(log.peakProbability(VAD_WINDOW_SAMPLES, 5 * VAD_WINDOW_SAMPLES), 0);
});

t.test('what is older than it remembers counts as silence', async (t) => {
  const log = logOf([0.9, 0.9, 0.9, 0.2, 0.2, 0.2]);
  t.equal(log.countVoiced(0, 6 * VAD_WINDOW_SAMPLES), VAD_WINDOW_SAMPLES, 'the first two windows are forgotten');
  t.ok(Math.abs(log.peakProbability(3 * VAD_WINDOW_SAMPLES, 6 * VAD_WINDOW_SAMPLES) - 0.2) < 1e-6);
});

t.test('peaks of probability and computeLevel are those of the windows a span touches', async (t) => {
  const log = logOf([0.2, 0.8, 0.3]);
  t.ok(Math.abs(log.peakProbability(0, 3 * VAD_WINDOW_SAMPLES) - 0.8) < 1e-6);
  t.ok(Math.abs(log.peakLevel(0, 3 * VAD_WINDOW_SAMPLES) - 0.08) < 1e-6);
  t.ok(Math.abs(log.peakProbability(2 * VAD_WINDOW_SAMPLES, 3 * VAD_WINDOW_SAMPLES) - 0.3) < 1e-6);
});

t.test('after a restart it begins at its first window, and knows nothing before', async (t) => {
  const log = logOf([0.9], 10 * VAD_WINDOW_SAMPLES);
  t.equal(log.end, 11 * VAD_WINDOW_SAMPLES);
  t.equal(log.countVoiced(0, 11 * VAD_WINDOW_SAMPLES), VAD_WINDOW_SAMPLES);
});

t.test('the computeLevel is the root mean square', async (t) => {
  t.equal(computeLevel(new Float32Array(VAD_WINDOW_SAMPLES)), 0);
  t.equal(computeLevel(Float32Array.of(0.5, -0.5, 0.5, -0.5)), 0.5);
  t.equal(computeLevel(new Float32Array(0)), 0, 'of nothing it is zero');
});

t.test('a copy keeps what was said of a span when the history has moved on', async (t) => {
  const log = logOf([0.9, 0.2, 0.9]);
  const copy = log.copy(VAD_WINDOW_SAMPLES, 9 * VAD_WINDOW_SAMPLES);
  for (let i = 0; i < 8; i++) log.push(0.1, 0);
  t.equal(log.countVoiced(0, 3 * VAD_WINDOW_SAMPLES), 0);
  t.equal(copy.countVoiced(0, 3 * VAD_WINDOW_SAMPLES), VAD_WINDOW_SAMPLES, 'from its first window on');
  t.ok(Math.abs(copy.peakProbability(0, 3 * VAD_WINDOW_SAMPLES) - 0.9) < 1e-6);
  t.equal(copy.end, 3 * VAD_WINDOW_SAMPLES);
});
