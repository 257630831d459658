import t from 'tap';
import { copyEvidence } from '../../../../server/core/speech/span-evidence.ts';
import { VAD_WINDOW_SAMPLES, VadHistory } from '../../../../server/core/speech/vad-history.ts';

const W = VAD_WINDOW_SAMPLES;

t.test('the evidence of a span outlives its history, and knows a second around the span', async (t) => {
  const history = new VadHistory(200 * W, 0.5);
  for (let i = 0; i < 200; i++) history.push(i === 60 ? 0.95 : i >= 90 && i < 100 ? 0.9 : 0, i / 1_000);
  const evidence = copyEvidence(history, 80 * W, 110 * W);
  for (let i = 0; i < 200; i++) history.push(1, 1);
  t.equal(evidence.countVoiced(80 * W, 110 * W), 10 * W);
  t.equal(evidence.countVoiced(60 * W, 61 * W), W, 'word times are not exact');
  t.ok(Math.abs(evidence.peakProbability - 0.9) < 1e-6, 'peaks are those of the span alone');
  t.ok(Math.abs(evidence.peakLevel - 0.109) < 1e-6);
  t.equal(evidence.early, false);
});
