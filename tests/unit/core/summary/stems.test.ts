import t from 'tap';
import { isSameStem } from '../../../../server/core/summary/stems.ts';

const SAME: readonly (readonly [one: string, other: string])[] = [
  ['deliver', 'deliver'],
  ['deliver', 'delivers'],
  ['deliver', 'delivery'],
  ['deciding', 'decide'],
  ['decision', 'decide'],
  ['planned', 'plan'],
  ['bought', 'buy'],
  ['grown', 'growth'],
  ['companies', 'company'],
  ['kauft', 'kaufen'],
  ['gekauft', 'kaufen'],
  ['abgelehnt', 'ablehnt'],
  ['vendita', 'vendite'],
];
const DIFFERENT: readonly (readonly [one: string, other: string])[] = [
  ['contract', 'contrast'],
  ['plan', 'plane'.repeat(2)],
  ['port', 'portrait'],
  ['sea', 'seat'.repeat(2)],
  ['be', 'bed'],
  ['on', 'one'],
  ['accept', 'access'],
  ['june', 'july'],
];

t.test('forms of one word are one, regular or not', async (t) => {
  for (const [one, other] of SAME) {
    t.ok(isSameStem(one, other), `${one}, ${other}`);
    t.ok(isSameStem(other, one), `${other}, ${one}`);
  }
});

t.test('words that only begin alike are two', async (t) => {
  for (const [one, other] of DIFFERENT) {
    t.notOk(isSameStem(one, other), `${one}, ${other}`);
    t.notOk(isSameStem(other, one), `${other}, ${one}`);
  }
});
