import t from 'tap';
import { level, VoiceLog, WINDOW } from '../../../../server/core/speech/voice-log.ts';

const CAPACITY = 4 * WINDOW;

function logOf(probabilities: readonly number[], from = 0): VoiceLog {
  const log = new VoiceLog(CAPACITY, 0.5, from);
  for (const probability of probabilities) log.push(probability, probability / 10);
  return log;
}

t.test('voice is counted in samples of windows at or above the threshold', async (t) => {
  const log = logOf([0.4, 0.5, 0.9]);
  t.equal(log.end, 3 * WINDOW);
  t.equal(log.voiced(0, 3 * WINDOW), 2 * WINDOW);
  t.equal(log.voiced(0, WINDOW), 0);
});

t.test('of a window that a span begins or ends in, the part inside counts', async (t) => {
  const log = logOf([0.9, 0.9]);
  t.equal(log.voiced(100, WINDOW + 50), WINDOW - 50);
});

t.test('what is not judged yet counts as voice, and has no peak', async (t) => {
  const log = logOf([0.1]);
  t.equal(log.voiced(0, 2 * WINDOW), WINDOW);
  t.ok(Math.abs(log.peakProbability(0, 5 * WINDOW) - 0.1) < 1e-6);
  t.equal(log.peakProbability(WINDOW, 5 * WINDOW), 0);
});

t.test('what is older than it remembers counts as silence', async (t) => {
  const log = logOf([0.9, 0.9, 0.9, 0.2, 0.2, 0.2]);
  t.equal(log.voiced(0, 6 * WINDOW), WINDOW, 'the first two windows are forgotten');
  t.ok(Math.abs(log.peakProbability(3 * WINDOW, 6 * WINDOW) - 0.2) < 1e-6);
});

t.test('peaks of probability and level are those of the windows a span touches', async (t) => {
  const log = logOf([0.2, 0.8, 0.3]);
  t.ok(Math.abs(log.peakProbability(0, 3 * WINDOW) - 0.8) < 1e-6);
  t.ok(Math.abs(log.peakLevel(0, 3 * WINDOW) - 0.08) < 1e-6);
  t.ok(Math.abs(log.peakProbability(2 * WINDOW, 3 * WINDOW) - 0.3) < 1e-6);
});

t.test('after a restart it begins at its first window, and knows nothing before', async (t) => {
  const log = logOf([0.9], 10 * WINDOW);
  t.equal(log.end, 11 * WINDOW);
  t.equal(log.voiced(0, 11 * WINDOW), WINDOW);
});

t.test('the level is the root mean square', async (t) => {
  t.equal(level(new Float32Array(WINDOW)), 0);
  t.equal(level(Float32Array.of(0.5, -0.5, 0.5, -0.5)), 0.5);
  t.equal(level(new Float32Array(0)), 0, 'of nothing it is zero');
});
