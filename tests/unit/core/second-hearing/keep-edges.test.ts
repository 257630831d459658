import t from 'tap';
import { keepEdges } from '../../../../server/core/second-hearing/keep-edges.ts';
import { joinWords } from '../../../../server/core/stable/words.ts';
import { spokenWords } from '../../../support/spoken-words.ts';

const edges = (first: string, heard: string, language = 'en'): string =>
  joinWords(keepEdges(spokenWords(first, 1), spokenWords(heard, 1), language));

t.test('a sentence that is heard again begins and ends as a sentence', async (t) => {
  t.equal(edges('The price is sixty.', 'the prize is sixty'), 'The prize is sixty.');
  t.equal(edges("I'm Abigail Claflin.", "I'm Abigail Claflyn,"), "I'm Abigail Claflyn.");
  t.equal(edges('Is it?', 'is it so'), 'Is it so?');
  t.equal(edges('My phone rings.', 'iPhone rings'), 'iPhone rings.', 'a word with a spelling of its own keeps it');
  t.equal(edges('Iyi.', 'iyi', 'tr'), 'İyi.');
  t.equal(edges('Is it?', 'It is so.'), 'It is so.', 'a full stop of its own stays');
});

t.test('what did not begin or end as one does not now', async (t) => {
  t.equal(edges('and so', 'and sow'), 'and sow');
  t.equal(edges('And so', ''), '');
});
