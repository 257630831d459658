import t from 'tap';
import {
  computeEndSilence,
  computeSilence,
  END_CONFIDENCE,
  estimateEndConfidence,
} from '../../../../server/core/speech/end-confidence.ts';

const near = (t: { ok(value: boolean, message: string): boolean }, got: number, want: number): void => {
  t.ok(Math.abs(got - want) < 0.005 * Math.max(1, want), `${got}, wanted ${want}`);
};

t.test(
  'confidence is 0.7 when the endpoint wait has passed, and each further wait leaves 0.3 of the doubt',
  async (t) => {
    for (const waitMs of [250, 580, 1_300]) {
      near(t, estimateEndConfidence(0, waitMs), 0);
      near(t, estimateEndConfidence(waitMs, waitMs), END_CONFIDENCE);
      near(t, estimateEndConfidence(2 * waitMs, waitMs), 0.91);
      near(t, estimateEndConfidence(3 * waitMs, waitMs), 0.973);
    }
  },
);

t.test('a silence and the confidence after it belong together', async (t) => {
  for (const confidence of [0.3, 0.5, 0.7, 0.9])
    near(t, estimateEndConfidence(computeSilence(confidence, 400), 400), confidence);
  t.equal(computeSilence(END_CONFIDENCE, 400), 400, 'the default leaves a wait as it is');
  near(t, computeSilence(0.5, 1_000), 576);
  near(t, computeSilence(0.9, 1_000), 1_912);
});

t.test('no confidence waits longer than the client or the server allows', async (t) => {
  t.equal(computeEndSilence({}, 600), 600);
  t.equal(computeEndSilence({ confidence: 1, gapMs: 2_000 }, 600), 2_000);
  t.equal(computeEndSilence({ confidence: 1 }, 600), 5_000);
  t.equal(computeEndSilence({ gapMs: 500 }, 600), 500);
  t.equal(computeEndSilence({}, 8_000), 8_000, 'a longer wait that the client has set holds');
});
