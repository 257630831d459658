import t from 'tap';
import { extractBareWord, isUnspaced, removeStammer, splitIntoChunks } from '../../../../server/core/clean/chunks.ts';

t.test('a word is compared without case and the punctuation around it', async (t) => {
  for (const [text, bare] of [
    ['"Hello,', 'hello'],
    ['don’t', "don't"],
    ['‘quoted’', 'quoted'],
    ['Straße!', 'straße'],
    ['ＡＢＣ', 'abc'],
    ['…', ''],
    ['C++', 'c++'],
  ] as const)
    t.equal(extractBareWord(text), bare, text);
});

t.test('the signs inside a number carry its meaning', async (t) => {
  for (const [text, bare] of [
    ['12.5.', '12.5'],
    ['-5,', '-5'],
    ['−5', '-5'],
    ['$4.20', '$4.20'],
    ['12,000', '12000'],
    ['12,00', '12,00'],
    ['(50%)', '50%'],
    ['+x2', 'x2'],
    ['7:45', '7:45'],
  ] as const)
    t.equal(extractBareWord(text), bare, text);
  t.not(extractBareWord('12.5'), extractBareWord('125'));
  t.not(extractBareWord('-5'), extractBareWord('5'));
});

t.test('an address keeps its dots', async (t) => {
  t.equal(extractBareWord('(www.example.com).'), 'www.example.com');
  t.equal(extractBareWord('Ann@example.com,'), 'ann@example.com');
  t.equal(extractBareWord('e.g.'), 'eg', 'an abbreviation is none');
});

t.test('chunks are words with their places, and punctuation alone is none', async (t) => {
  t.same(splitIntoChunks(' So,  we — go.', 'en'), [
    { text: 'So,', from: 1, to: 4, bare: 'so' },
    { text: 'we', from: 6, to: 8, bare: 'we' },
    { text: 'go.', from: 11, to: 14, bare: 'go' },
  ]);
});

t.test('where words are not spaced every character is a chunk, and a run of Latin letters one', async (t) => {
  t.ok(isUnspaced('zh'));
  t.notOk(isUnspaced('ko'));
  t.same(
    splitIntoChunks('我用 GPT-4。', 'zh').map(({ text }) => text),
    ['我', '用', 'GPT-4'],
  );
});

t.test('a stammered short word is one word; words that are built so stay', async (t) => {
  t.equal(removeStammer('I-I'), 'I');
  t.equal(removeStammer('the-the-the,'), 'the,');
  t.equal(removeStammer('bye-bye'), 'bye-bye');
  t.equal(removeStammer('is-isn'), 'is-isn');
  t.equal(splitIntoChunks('I-I know', 'en')[0]!.bare, 'i');
});
