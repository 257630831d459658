import t from 'tap';
import { type CandidateModel, chooseModels, isEnglishSmall } from '../../../../server/core/capacity/model-choice.ts';

const SIZES = { 'tiny.en': 0, tiny: 0, base: 1, 'small.en': 2, small: 2, 'large-v3-turbo': 4 };

/** Models that are here, with the seconds of a decode where that was measured. */
const here = (costs: Partial<Record<keyof typeof SIZES, number | undefined>>): CandidateModel[] =>
  Object.entries(costs).map(([name, decodeS]) => ({
    ...{ name, decodeS, size: SIZES[name as keyof typeof SIZES], multilingual: !name.endsWith('.en') },
  }));

const choose = (...costs: Parameters<typeof here>) => {
  const choice = chooseModels(here(...costs), 'base');
  return choice && [choice.own.name, choice.english?.name];
};

t.test('the best model that keeps the aims is taken, on machines of several kinds', async (t) => {
  for (const [machine, costs, expected] of [
    ['a first start, nothing measured', { base: undefined, 'tiny.en': undefined }, ['base', 'tiny.en']],
    ['2 cores with AVX-512', { base: 0.12, 'tiny.en': 0.06 }, ['base', 'tiny.en']],
    ['2 cores with AVX2, the encoder of base in 0.4 s', { base: 0.45, 'tiny.en': 0.2 }, ['base', 'tiny.en']],
    ['the same with a smaller model pulled', { base: 0.45, tiny: 0.2, 'tiny.en': 0.2 }, ['tiny', undefined]],
    ['16 cores', { base: 0.04, small: 0.14, 'large-v3-turbo': 0.9, 'tiny.en': 0.02 }, ['small', 'tiny.en']],
    ['a graphics station', { base: 0.01, small: 0.03, 'large-v3-turbo': 0.2 }, ['large-v3-turbo', undefined]],
    ['a better model that was not measured', { base: 0.12, small: undefined }, ['base', undefined]],
    ['a single old core', { base: 4, small: 12, 'tiny.en': 1.8 }, ['base', 'tiny.en']],
    ['a quick English model pulled', { base: 0.1, small: 0.2, 'small.en': 0.2 }, ['small', undefined]],
  ] as const)
    t.same(choose(costs), expected, machine);
});

t.test('with no model for all languages nothing is chosen', async (t) => {
  t.equal(chooseModels(here({ 'tiny.en': 0.1 }), 'base'), undefined);
  t.equal(chooseModels([], 'base'), undefined);
});

t.test('of two files of one model the quicker one is taken', async (t) => {
  const [base] = here({ base: 0.2 });
  const files = [base!, { ...base!, name: 'base-f16', decodeS: 0.25 }];
  t.equal(chooseModels(files, 'base')?.own.name, 'base');
  t.equal(chooseModels(files.toReversed(), 'base')?.own.name, 'base');
});

t.test('English is heard by the small model where the own is too slow and that one helps', async (t) => {
  t.notOk(isEnglishSmall(0.12, 0.06), 'the own keeps the aims');
  t.ok(isEnglishSmall(0.45, 0.2));
  t.ok(isEnglishSmall(4, 1.8), 'though it does not keep them either');
  t.notOk(isEnglishSmall(0.45, 0.4), 'it saves too little');
  t.notOk(isEnglishSmall(0.45, undefined), 'there is none');
});
