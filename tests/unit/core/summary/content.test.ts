import t from 'tap';
import { isSupported } from '../../../../server/core/summary/content.ts';
import { findNumbers } from '../../../../server/core/summary/numbers.ts';
import { type JudgedClaim, judge, readClaims } from '../../../support/summary-claims.ts';

const claims = readClaims();
const isBorneOut = (claim: string, ...texts: readonly string[]): boolean =>
  isSupported(
    claim,
    texts.map((text, i) => ({ name: `1.0.${i + 1}`, text, speaker: undefined })),
  );
const shownOf = ({ sentences }: JudgedClaim) =>
  sentences.map(({ text, speaker }, i) => ({ name: `1.0.${i + 1}`, text, speaker }));

t.test('the set holds at least 200 claims that are true and 200 that are not, in six languages', async (t) => {
  t.ok(claims.filter(({ holds }) => holds).length >= 200);
  t.ok(claims.filter(({ holds }) => !holds).length >= 200);
  t.ok(new Set(claims.map(({ language }) => language)).size >= 6);
});

t.test(
  'of claims it was not tuned on, at least 95 % of those it takes hold, and it takes at least 80 % of those',
  async (t) => {
    const { precision, recall } = judge(
      claims.filter(({ split }) => split === 'held'),
      isSupported,
    );
    t.ok(precision >= 0.95, `precision ${precision}`);
    t.ok(recall >= 0.8, `recall ${recall}`);
  },
);

for (const kind of ['negation', 'number', 'name', 'time', 'link', 'unrelated', 'mixed'])
  t.test(`no claim of the kind ${kind} is taken`, async (t) => {
    const { passed } = judge(
      claims.filter((claim) => claim.kind === kind),
      isSupported,
    );
    t.same(
      passed.map(({ claim }) => claim),
      [],
    );
  });

/** A true claim made false, mechanically; the same text where it cannot be made so. */
const CHANGES: Readonly<Record<string, (claim: string) => string>> = {
  'another number': (claim) => claim.replace(/\d+/, (digits) => String(Number(digits) + 1)),
  'another name': (claim) => claim.replace(/(?<=\S )\p{Lu}\p{Ll}{2,}/u, 'Xaver'),
  'another name at the beginning': (claim) => claim.replace(/^(?!The|A|An|It)\p{Lu}\p{Ll}+(?= \p{Ll})/u, 'Xaver'),
  'a denial': (claim) =>
    / (not|never|no|cannot|can't|didn't)\b|Nobody/.test(claim)
      ? claim
      : claim.replace(/ (is|are|was|will|has|should|would) /, ' $1 not '),
  'no denial': (claim) => claim.replace(/ (not|never) /, ' '),
  'an address nobody named': (claim) => claim.replace(/\.$/, ', see evil.example.net/pay.'),
};

for (const [name, change] of Object.entries(CHANGES))
  t.test(`no true claim passes with ${name}`, async (t) => {
    const changed = claims
      .filter((claim) => claim.holds && claim.language === 'en')
      .map((claim) => ({ ...claim, changed: change(claim.claim) }))
      .filter((claim) => claim.changed !== claim.claim);
    t.ok(changed.length >= 5, `${changed.length} claims`);
    t.same(
      changed.filter((claim) => isSupported(claim.changed, shownOf(claim))).map((claim) => claim.changed),
      [],
    );
  });

t.test('nothing in common is nothing, however common the words', async (t) => {
  t.notOk(isBorneOut('The moon is made of cheese.', 'The account is fine.'));
  t.notOk(isBorneOut('It is what they said.', 'It is what we said.'), 'and without content there is no claim');
  t.notOk(isBorneOut('The account is fine.'), 'nor without a sentence');
});

t.test('numbers are the same however they are written or spoken', async (t) => {
  const values = (text: string, language: string): number[] =>
    findNumbers(text.split(' '), language).map(({ value }) => value);
  t.same(values('one hundred and forty of four and five', 'en'), [140, 4, 5]);
  t.same(values('forty thousand euros eleven hundred to twenty five', 'en'), [40_000, 1_100, 25]);
  t.same(values('two million three hundred thousand', 'en'), [2_300_000]);
  t.same(values('dreihundertzwolf', 'de'), [312]);
  t.same(values('funfundzwanzigtausend und', 'de'), [25_000]);
  t.same(values('quatre vingt dix mille euros soixante douze pour cent', 'fr'), [90_000, 72]);
  t.same(values('treinta y cinco mil', 'es'), [35_000]);
  t.same(values('ventitre mila', 'it'), [23_000]);
  t.same(values('trinta e cinco', 'pt'), [35]);
  t.same(values('one of them', 'en'), []);
});

t.test('a claim may rest on several sentences together', async (t) => {
  t.ok(isBorneOut('Anna sends the budget to Ben on Friday.', 'Anna has the budget.', 'She sends it to Ben on Friday.'));
});

t.test('scripts without spaces are compared by pairs of characters, numbers and denials', async (t) => {
  t.ok(isBorneOut('明天发布新版本。', '我们明天下午发布新版本。'));
  t.notOk(isBorneOut('明天不发布新版本。', '我们明天下午发布新版本。'));
  t.notOk(isBorneOut('预算为50万。', '预算为40万。'));
  t.notOk(isBorneOut('月亮是奶酪做的。', '账户没有问题。'));
  t.ok(isBorneOut('予算は40万円です。', '来年の予算は40万円です。'));
});
