import t from 'tap';
import { voteWords } from '../../../../server/core/second-hearing/vote-words.ts';
import { joinWords } from '../../../../server/core/stable/words.ts';
import { spokenWords } from '../../../support/spoken-words.ts';

/** The decodes of two models, each with one confidence for all of its words. */
const vote = (first: string, sure: number, second: string, otherSure: number): string =>
  joinWords(voteWords(spokenWords(first, 1, sure), spokenWords(second, 1, otherSure)));

t.test('where two models differ, the surer one is right', async (t) => {
  t.equal(vote('a grain of two perhaps', 0.5, 'a grain or two perhaps', 0.9), 'a grain or two perhaps');
  t.equal(vote('a grain of two perhaps', 0.9, 'a grain or two perhaps', 0.5), 'a grain of two perhaps');
  t.equal(vote('a grain of two perhaps', 0.7, 'a grain or two perhaps', 0.75), 'a grain of two perhaps', 'clearly');
});

t.test('words that one of them misses are kept if they are sure', async (t) => {
  t.equal(vote('it is', 0.6, 'it is new', 0.9), 'it is new');
  t.equal(vote('it is', 0.6, 'it is new', 0.55), 'it is');
  t.equal(vote('it is new', 0.3, 'it is', 0.9), 'it is');
});

t.test('what they agree on is as the first has it', async (t) => {
  t.equal(vote('So, it is.', 0.2, 'so it is', 0.9), 'So, it is.');
  t.equal(vote('', 0, '', 0), '');
});
