import t from 'tap';
import { isAccidentalRepeat, isIntentionalRepeat } from '../../../../server/core/clean/repeats.ts';

const isStumble = (word: string, next: string, before = 'x', language = 'en'): boolean =>
  isAccidentalRepeat(word, next, before, language);

t.test('a word that stands twice for no reason is a stumble', async (t) => {
  for (const [word, next] of [
    ['the', 'the'],
    ['The', 'the'],
    ['we', 'we'],
    ['meeting', 'meeting'],
  ] as const)
    t.ok(isStumble(word, next), `${word} ${next}`);
});

t.test('emphasis, grammar, numbers, names and spelling are none', async (t) => {
  for (const [word, next] of [
    ['very', 'very'],
    ['had', 'had'],
    ['five', 'five'],
    ['Paris', 'Paris'],
    ['b', 'b'],
    ['big,', 'big'],
    ['blue,', 'blue'],
    ['no.', 'no'],
    ['we', 'they'],
    ['—', '—'],
  ] as const)
    t.notOk(isStumble(word, next), `${word} ${next}`);
  t.ok(isIntentionalRepeat('bye'));
  t.notOk(isIntentionalRepeat('we'));
});

t.test('words that can end one clause and begin the next are stumbles at the start of a sentence alone', async (t) => {
  t.ok(isAccidentalRepeat('it', 'it', undefined, 'en'));
  t.ok(isStumble('it', 'it', 'done.'));
  t.notOk(isStumble('it', 'it', 'saw'));
});

t.test('in other languages only words of a short list are', async (t) => {
  t.ok(isStumble('ich', 'ich', 'x', 'de'));
  t.notOk(isStumble('die', 'die', 'x', 'de'));
  t.notOk(isStumble('nous', 'nous', 'x', 'fr'));
  t.notOk(isStumble('the', 'the', 'x', 'xx'));
});
