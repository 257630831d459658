import t from 'tap';
import { StableWordTimes } from '../../../../server/core/capacity/stable-word-times.ts';

t.test('a word counts from the first partial that has it stable', async (t) => {
  const times = new StableWordTimes();
  times.readPartial({ sentence: 1, stableWords: 1 }, 100);
  times.readPartial({ sentence: 1, stableWords: 3 }, 200);
  times.readPartial({ sentence: 2, stableWords: 1 }, 250);
  t.same(times.readFinal({ sentence: 1, words: ['a', 'b', 'c', 'd'] }, 300), [100, 200, 200, 300]);
  t.same(times.readFinal({ sentence: 2, words: ['e', 'f'] }, 400), [250, 400]);
});
