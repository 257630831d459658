import t from 'tap';
import { Talk } from '../../../support/talk.ts';

/** Somebody says a sentence and falls silent; its last decode waits to be answered. */
function spoken(): Talk {
  const talk = new Talk({ vocabulary: ['Zarathustra', 'Claflin'], partials: { mode: 'off', everyMs: 400 } });
  talk.hear(2, true);
  talk.hear(1, false);
  return talk;
}

const UNSURE = { averageLogProbability: -0.9 };

t.test('an unsure decode without a single hint in it is made again without hints, once', async (t) => {
  const talk = spoken();
  t.match(talk.answer('Hodon, Huffats, Hodout.', 0, UNSURE).prompt, 'Zarathustra, Claflin.');
  t.same(talk.finals, [], 'nothing is sent of it');
  t.equal(talk.answer('Hold on, hold fast.', 0, UNSURE).prompt, '');
  t.same(talk.finals, ['Hold on, hold fast.']);
  talk.hear(2, true);
  talk.hear(1, false);
  t.match(talk.answer('Thus spoke Claflin.', 3).prompt, 'Zarathustra, Claflin.', 'the next sentence has hints again');
});

t.test('a decode that found a hint stands, however unsure', async (t) => {
  const talk = spoken();
  talk.answer('Thus spoke Zarathustra.', 0, UNSURE);
  t.same(talk.finals, ['Thus spoke Zarathustra.']);
});

t.test('a sure decode stands', async (t) => {
  const talk = spoken();
  talk.answer('Hold on, hold fast.', 0);
  t.same(talk.finals, ['Hold on, hold fast.']);
});
