import t from 'tap';
import { acceptRewrite, applyRules } from '../../../../server/core/clean/accept-rewrite.ts';

const said = (text: string, instruction = '') => ({ text, language: 'en', instruction });

t.test('a rewrite that only tidies is kept, and hesitations it left standing go', async (t) => {
  t.match(acceptRewrite(said('So um we we bought it, um, on Monday.'), 'So we bought it, um, on Monday.'), {
    text: 'So we bought it on Monday.',
    changes: { 0: { kind: 'removed' } },
  });
});

t.test('with a style of the user, the rules take nothing from it', async (t) => {
  const styled = acceptRewrite(said('So um we bought it.', 'Keep every um.'), 'So, um, we bought it.');
  t.match(styled, { text: 'So, um, we bought it.' });
});

t.test('a rewrite that says something else is refused with the reason', async (t) => {
  t.match(acceptRewrite(said('We bought it on Monday.'), 'We sold it on Friday.'), { refusal: /./ });
});

t.test('the rules alone tell what they removed', async (t) => {
  t.match(applyRules(said('So um we bought it.')), { text: 'So we bought it.', changes: [{ kind: 'removed' }] });
  t.same(applyRules(said('We bought it.')), { text: 'We bought it.', changes: [] });
});
