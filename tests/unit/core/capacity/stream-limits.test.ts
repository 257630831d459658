import t from 'tap';
import { StableWordTimes } from '../../../../server/core/capacity/stable-word-times.ts';
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

t.test('a word counts from the first partial that has it stable', async (t) => {
  const times = new StableWordTimes();
  times.readPartial({ sentence: 1, stableWords: 1 }, 100);
  times.readPartial({ sentence: 1, stableWords: 3 }, 200);
  times.readPartial({ sentence: 2, stableWords: 1 }, 250);
  t.same(times.readFinal({ sentence: 1, words: ['a', 'b', 'c', 'd'] }, 300), [100, 200, 200, 300]);
  t.same(times.readFinal({ sentence: 2, words: ['e', 'f'] }, 400), [250, 400]);
});
