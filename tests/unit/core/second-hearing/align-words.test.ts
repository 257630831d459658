import t from 'tap';
import { alignWords } from '../../../../server/core/second-hearing/align-words.ts';
import { spokenWords } from '../../../support/spoken-words.ts';

t.test('a word is aligned with the one that it takes the place of', async (t) => {
  const first = spokenWords('put her feet on the fender', 1);
  t.same(alignWords(first, spokenWords('put her seat on the fender', 1)), [0, 1, 2, 3, 4, 5]);
  const later = spokenWords('feet on the fender', 2);
  t.same(alignWords(first, [...spokenWords('put', 1), ...later]), [0, 2, 3, 4, 5]);
  t.same(alignWords(later, first), [undefined, undefined, 0, 1, 2, 3]);
});

t.test('of the same words it is the one at the same time', async (t) => {
  const first = spokenWords('no no no no', 1);
  t.same(alignWords(first, spokenWords('no no', 2)), [2, 3]);
  t.same(alignWords(spokenWords('yes', 1), spokenWords('yes', 8)), [undefined], 'and none when that is far away');
});
