import t from 'tap';
import { changeEndpoint, PIPELINE } from '../../../../server/core/session/settings.ts';

t.test('the default numbers go together', async (t) => {
  const { vad, endpoint, segment, ringSeconds, commit, show } = PIPELINE;
  t.ok(vad.close < vad.open, 'speech ends below the probability it begins at');
  t.ok(endpoint.speculativeMs <= endpoint.minMs && endpoint.minMs <= endpoint.maxMs);
  t.ok(segment.softMs < segment.hardMs);
  t.ok(segment.hardMs < 30_000, 'no sentence is longer than Whisper hears');
  t.ok(ringSeconds * 1_000 > segment.hardMs + vad.preRollMs, 'its audio is held until it is final');
  for (const chance of [commit.chance, show.chance, vad.open]) t.ok(chance > 0 && chance < 1);
});

t.test(
  'a change of the endpoint keeps what it does not mention, and waits of a client bind the turn detector',
  async (t) => {
    const offer = { minMs: 300, maxMs: 1_000, completeMs: 250, incompleteMs: 1_300 };
    t.equal(changeEndpoint(offer, undefined), offer);
    t.match(changeEndpoint(offer, { minMs: 400 }), { minMs: 400, maxMs: 1_000, completeMs: undefined });
    const eager = changeEndpoint(offer, { confidence: 0.9, eagerConfidence: 0.4, gapMs: 2_000 });
    t.match(eager, { ...offer, confidence: 0.9, eagerConfidence: 0.4, gapMs: 2_000 });
    t.match(changeEndpoint(eager, { confidence: 0.8 }), { ...eager, confidence: 0.8 });
    t.equal(changeEndpoint(eager, { eagerConfidence: null }).eagerConfidence, undefined);
  },
);
