import t from 'tap';
import { areStreamsCarried, getStreamLimits } from '../../../../server/core/capacity/stream-limits.ts';

t.test('streams are carried while finals and words are in time', async (t) => {
  const limits = { finalMs: 1_000, wordMs: 1_500 };
  t.ok(areStreamsCarried([300, 900], [1_000, 2_000], limits));
  t.notOk(areStreamsCarried([300, 1_100], [1_000, 2_000], limits), 'a late final');
  t.notOk(areStreamsCarried([300, 900], [1_200, 2_000], limits), 'finals in time, but no live text');
  t.notOk(areStreamsCarried([], [], limits), 'nothing was understood');
});

t.test('a tiny model is held to shorter delays', async (t) => {
  t.ok(getStreamLimits('tiny.en').finalMs < getStreamLimits('base').finalMs);
});
