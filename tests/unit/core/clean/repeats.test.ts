import t from 'tap';
import {
  findDeliberateRepeats,
  isAccidentalRepeat,
  isIntentionalRepeat,
} from '../../../../server/core/clean/repeats.ts';

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

t.test('what is said three times is said on purpose, emphasis and letters twice', async (t) => {
  const found = (line: string, language = 'en'): string[] => {
    const words = line.split(' ');
    return findDeliberateRepeats(words, language).map(({ from, to }) => words.slice(from, to).join(' '));
  };
  t.same(found('testing testing testing one two'), ['testing testing testing']);
  t.same(found('he said no, no and left'), ['no, no']);
  t.same(found('Z Z T'), ['Z Z']);
  t.same(found('I go there, I go there, I go there.'), ['I go there, I go there, I go there.']);
  t.same(found('nein, nein, sage ich', 'de'), ['nein, nein,']);
  t.same(found('la la la la', 'fr'), [], 'an article that is stammered');
  t.same(found('immer immer immer wieder', 'de'), ['immer immer immer']);
});

t.test('what is said twice, has no content, or breaks off and goes on is not', async (t) => {
  const found = (line: string): number => findDeliberateRepeats(line.split(' '), 'en').length;
  t.equal(found('testing testing one'), 0);
  t.equal(found('the the the house'), 0);
  t.equal(found('I think I think I think we go'), 0);
  t.equal(found('I I want'), 0);
  t.equal(found('th- th- th-'), 0);
  t.equal(found('I think, I think, I think, we go'), 0);
  t.equal(found('-- -- --'), 0);
});
