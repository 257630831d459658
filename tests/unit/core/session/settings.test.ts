import t from 'tap';
import { PIPELINE } from '../../../../server/core/session/settings.ts';

t.test('the default numbers go together', async (t) => {
  const { vad, endpoint, segment, ringSeconds, commit, show } = PIPELINE;
  t.ok(vad.close < vad.open, 'speech ends below the probability it begins at');
  t.ok(endpoint.speculativeMs <= endpoint.minMs && endpoint.minMs <= endpoint.maxMs);
  t.ok(segment.softMs < segment.hardMs);
  t.ok(segment.hardMs < 30_000, 'no sentence is longer than Whisper hears');
  t.ok(ringSeconds * 1_000 > segment.hardMs + vad.preRollMs, 'its audio is held until it is final');
  for (const chance of [commit.chance, show.chance, vad.open]) t.ok(chance > 0 && chance < 1);
});
