import t from 'tap';
import { editDistance, suggestName } from '../../../server/config/suggestion.ts';

const NAMES = ['language', 'model', 'small-model', 'log-level', 'port'];

t.test('typing mistakes are counted: letters more, fewer, others, and neighbours swapped', async (t) => {
  for (const [one, other, distance] of [
    ['model', 'model', 0],
    ['modle', 'model', 1],
    ['mdel', 'model', 1],
    ['moddel', 'model', 1],
    ['modal', 'model', 1],
    ['', 'port', 4],
    ['kitten', 'sitting', 3],
  ] as const) {
    t.equal(editDistance(one, other), distance, `${one} ${other}`);
    t.equal(editDistance(other, one), distance, `${other} ${one}`);
  }
});

t.test('the name that was most likely meant is suggested', async (t) => {
  for (const [word, name] of [
    ['langauge', 'language'],
    ['lang', 'language'],
    ['modle', 'model'],
    ['level', 'log-level'],
    ['prot', 'port'],
  ] as const)
    t.equal(suggestName(word, NAMES), name, word);
});

t.test('of names that hold a word, one that is nearly it comes first', async (t) => {
  t.equal(suggestName('models', ['small-model', 'model']), 'model');
});

t.test('nothing is suggested where nothing is like it', async (t) => {
  for (const word of ['', 'xyzzy', 'constructor']) t.equal(suggestName(word, NAMES), undefined, word);
  t.equal(suggestName('model', []), undefined);
});
