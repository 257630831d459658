import fc from 'fast-check';
import t from 'tap';
import { cleanByRules } from '../../../../server/core/clean/rules.ts';

const check = (raw: string, want: string, language = 'en'): void =>
  void t.equal(cleanByRules(raw, language), want, raw);

t.test('English hesitations, repeats and torn words go', async () => {
  check('um so we we should uh ship it', 'So we should ship it.');
  check('I think, I think we can', 'I think we can.');
  check('th- the end', 'The end.');
  check('i was there, um.', 'I was there.');
  check('um, uh', '');
});

t.test('what may be meant stays', async () => {
  check('that that is is', 'That that is.');
  check('no no no', 'No no no.');
  check('it was very very good', 'It was very very good.');
  check('call 5 5 5', 'Call 5 5 5.');
  check('he had had enough', 'He had had enough.');
});

t.test('a filler of one language is a word of another', async () => {
  check('er kommt um acht', 'Er kommt um acht.', 'de');
  check('äh ich komme', 'Ich komme.', 'de');
  check('um dia', 'Um dia.', 'pt');
  check('nous nous voyons', 'Nous nous voyons.', 'fr');
  check('えーと、行きます', '行きます。', 'ja');
  check('好的', '好的。', 'zh');
});

t.test('the rules only take away, and of everything that means something one copy stays', async (t) => {
  const word = fc.constantFrom(
    'um',
    'we',
    'We',
    'I',
    'the',
    'the,',
    'not',
    '12',
    'Ada',
    'th-',
    'no',
    'very',
    'end.',
    'go?',
  );
  const bare = (text: string): string[] =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9 ]/g, '')
      .split(' ')
      .filter(Boolean);
  fc.assert(
    fc.property(fc.array(word, { maxLength: 14 }), (words) => {
      const raw = bare(words.join(' '));
      const cleaned = bare(cleanByRules(words.join(' '), 'en'));
      let at = 0;
      for (const each of cleaned) at = raw.indexOf(each, at) + 1 || Number.POSITIVE_INFINITY;
      const kept = raw.every((each) => each === 'um' || each === 'th' || cleaned.includes(each));
      return at <= raw.length && kept;
    }),
    { numRuns: 3_000 },
  );
  t.pass();
});
