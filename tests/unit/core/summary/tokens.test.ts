import t from 'tap';
import { analyseText, detectTextLanguage } from '../../../../server/core/summary/tokens.ts';

const analyse = (text: string) => analyseText(text, detectTextLanguage([text]));
const kindsIn = (text: string): string[] => analyse(text).tokens.map(({ word, kind }) => `${word} ${kind}`);
const contentOf = (text: string): string[] =>
  analyse(text)
    .tokens.filter(({ isContent }) => isContent)
    .map(({ word }) => word);

t.test('words are folded, and have their kind', async (t) => {
  t.same(kindsIn('I did not pay Zoë twenty, but'), [
    ...['i self', 'did word', 'not negation', 'pay word', 'zoe word', 'twenty number', ', end', 'but end'],
  ]);
});

t.test('a contracted "not" is a negation, and a genitive is its word', async (t) => {
  t.same(kindsIn("Ada's plan doesn't"), ['ada word', 'plan word', 'not negation']);
});

t.test('a name is a capital where no sentence begins', async (t) => {
  const names = analyse('Ada met Bob. Carol left')
    .tokens.filter(({ isName }) => isName)
    .map(({ word }) => word);
  t.same(names, ['bob']);
});

t.test('only words that say something of their own are content', async (t) => {
  t.same(contentOf('The team said that we will ship the parcels on Monday'), ['ship', 'parcels', 'monday']);
  t.same(contentOf('It may rain in May'), ['rain', 'may'], 'a month has its capital');
});

t.test('numbers are found over several words, and are no content', async (t) => {
  const { numbers, tokens } = analyse('We need two hundred and five chairs');
  t.same(
    numbers.map(({ value }) => value),
    [205],
  );
  t.equal(tokens.filter(({ kind }) => kind === 'number').length, 4);
});

t.test('addresses are links, written or spoken, and no words', async (t) => {
  t.same(analyse('See https://Example.com/a, or mail ann@example.org.').links, [
    'https://example.com/a',
    'ann@example.org',
  ]);
  t.same(analyse('go to example dot com slash help').links, ['example.com/help']);
  t.same(analyse('mail ann at example dot org').links, ['ann@example.org']);
  t.notOk(analyse('See example.com now').tokens.some(({ word }) => word.includes('example')));
});

t.test('two texts are read in one language', async (t) => {
  t.equal(detectTextLanguage(['wir haben das nicht', 'ja']).language, 'de');
});
