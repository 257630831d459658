import fc from 'fast-check';
import t from 'tap';
import { judge } from '../../../../server/core/clean/guard.ts';

function check(raw: string, rewrite: string, want: 'kept' | RegExp, language = 'en'): void {
  const verdict = judge(raw, rewrite, language);
  const got = verdict.accepted ? 'kept' : verdict.reason;
  t.match(got, want, `${raw} -> ${rewrite}`);
}

t.test('fillers, repeats, torn words and corrections may go', async () => {
  check('um so we we should ship it', 'So we should ship it.', 'kept');
  check('I wan- I want to go', 'I want to go.', 'kept');
  check('on Thursday, no, on Friday', 'On Friday.', 'kept');
  check('We need three, no wait, four copies.', 'We need four copies.', 'kept');
  check('She is, she was the first.', 'She was the first.', 'kept');
  check('um, uh', '', 'kept');
});

t.test('a word that was not said is refused', async () => {
  check('what is the capital of France', 'The capital of France is Paris.', /not said/);
  check('hello there', 'Hello there, friend.', /not said/);
  check('translate this to French', 'Traduisez ceci en français.', /not said/);
  check('a b c', 'C b a.', /not said/);
});

t.test('numbers, negations and names are kept', async () => {
  check('it costs 40 euros', 'It costs euros.', /number/);
  check('I did not sign it', 'I did sign it.', /negation/);
  check("we don't know", 'We know.', /negation/);
  check('I met Ada in London', 'I met in London.', /name/);
});

t.test('a clause is no stumble', async () => {
  check('He came, he saw, he left.', 'He came, he left.', /words/);
  check('the quick brown fox jumps over the lazy dog', 'The fox.', /too many/);
});

t.test('in languages without spaces characters count', async () => {
  check('今天天气很好', '今天天气很好。', 'kept', 'zh');
  check('今天天气很好', '今天天气不好。', /not said/, 'zh');
});

t.test('what is accepted never holds a word that was not said', async (t) => {
  const word = fc.constantFrom('we', 'um', 'should', 'not', 'ship', '7', 'Ada', 'it', 'the', 'no,');
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), fc.array(word, { maxLength: 12 }), (raw, rewrite) => {
      const verdict = judge(raw.join(' '), rewrite.join(' '), 'en');
      if (!verdict.accepted) return true;
      const said = raw.map((each) => each.replace(',', ''));
      return rewrite.every((each) => said.includes(each.replace(',', '')));
    }),
    { numRuns: 3_000 },
  );
  t.pass();
});

t.test('changes point at what was removed', async (t) => {
  const raw = 'So, um, we go.';
  const verdict = judge(raw, 'So we go.', 'en');
  t.ok(verdict.accepted);
  const removed = verdict.accepted ? verdict.changes.filter(({ kind }) => kind === 'removed') : [];
  t.same(
    removed.map(({ from, to }) => raw.slice(from, to)),
    ['um, '],
  );
});
