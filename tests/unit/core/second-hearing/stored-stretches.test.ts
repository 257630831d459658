import t from 'tap';
import type { StoredSentence, WireWord } from '../../../../protocol/index.ts';
import {
  collectStretches,
  hasWordsInCommon,
  selectKeptSentences,
} from '../../../../server/core/second-hearing/stored-stretches.ts';
import { spokenWords } from '../../../support/spoken-words.ts';

const LENGTH = { least: 320_000, most: 448_000 };

function sentence(number: number, fromMs: number, toMs: number, change: Partial<StoredSentence> = {}): StoredSentence {
  const name = { part: 1, channel: 0, sentence: number };
  return { ...name, text: 'It is so.', highlight: false, language: 'en', fromMs, toMs, ...change };
}

/** Three words that take the whole time of each sentence. */
function wordsOf(sentences: readonly StoredSentence[]): Map<string, WireWord[]> {
  return new Map(
    sentences.map(({ part, channel, sentence: number, text, fromMs, toMs }) => {
      const texts = text.split(' ');
      const each = (toMs - fromMs) / texts.length;
      const words = texts.map((word, i) => ({
        text: word,
        fromMs: fromMs + i * each,
        toMs: fromMs + (i + 1) * each,
        confidence: 0.9,
      }));
      return [`${part}.${channel}.${number}`, words];
    }),
  );
}

const collect = (sentences: readonly StoredSentence[], fromMs = 0) =>
  collectStretches({ part: 1, channel: 0, fromMs, sentences }, wordsOf(sentences), LENGTH);
const numbersOf = (stretches: ReturnType<typeof collect>) =>
  stretches.map((stretch) => stretch.sentences.map((each) => each.sentence));

t.test('only sentences whose audio is kept, and whose session is over, are heard again', async (t) => {
  const sentences = [
    sentence(1, 0, 900),
    sentence(2, 1_000, 5_000),
    sentence(3, 6_000, 9_900),
    sentence(1, 20_000, 21_000, { part: 2 }),
    sentence(1, 500, 1_500, { channel: 1 }),
  ];
  const audio = [
    { part: 1, channel: 0, fromMs: 0, durationMs: 6_000 },
    { part: 2, channel: 0, fromMs: 20_000, durationMs: 4_000 },
    { part: 2, channel: 1, fromMs: 20_000, durationMs: 4_000 },
  ];
  const select = (isOpen: (part: number) => boolean) =>
    selectKeptSentences({ sentences, audio }, isOpen).map(({ part, channel, fromMs, sentences: kept }) => [
      ...[part, channel, fromMs],
      kept.map((each) => each.sentence),
    ]);
  t.same(
    select(() => false),
    [
      [1, 0, 0, [1, 2]],
      [2, 0, 20_000, [1]],
    ],
  );
  t.same(
    select((part) => part === 2),
    [[1, 0, 0, [1, 2]]],
  );
  t.same(
    selectKeptSentences({ sentences }, () => false),
    [],
  );
});

t.test('stretches end in a pause once they are long enough, and before they are too long', async (t) => {
  const spoken = (pauseMs: number) =>
    Array.from({ length: 8 }, (_, i) => sentence(i + 1, i * (7_000 + pauseMs), i * (7_000 + pauseMs) + 7_000));
  t.same(numbersOf(collect(spoken(500))), [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8],
  ]);
  t.same(numbersOf(collect(spoken(0))), [
    [1, 2, 3, 4],
    [5, 6, 7, 8],
  ]);
});

t.test('positions are those of the session, with some audio before the first word', async (t) => {
  const [stretch, other] = collect(
    [sentence(1, 61_000, 62_000), sentence(2, 62_100, 63_000, { language: 'de' })],
    60_000,
  );
  t.match(stretch, {
    from: 0.7 * 16_000,
    language: 'en',
    sentences: [{ words: { 0: { from: 16_000, space: true } } }],
  });
  t.equal(other?.from, 2 * 16_000, 'none of the sentence before');
  const [begin] = collect([sentence(1, 60_100, 62_000)], 60_000);
  t.equal(begin?.from, 0);
});

t.test('words have the spaces that the text has', async (t) => {
  const chinese = sentence(1, 0, 900, { text: '我 们', language: 'zh' });
  const words = new Map([
    ['1.0.1', ['我', '们'].map((text, i) => ({ text, fromMs: i * 400, toMs: i * 400 + 300, confidence: 0.9 }))],
  ]);
  const spaces = (text: string) =>
    collectStretches(
      { part: 1, channel: 0, fromMs: 0, sentences: [{ ...chinese, text }] },
      words,
      LENGTH,
    )[0]?.sentences[0]?.words.map(({ space }) => space);
  t.same(spaces('我们'), [true, false]);
  t.same(spaces('我 们'), [true, true]);
});

t.test('a sentence without words, or longer than a decode, is left out', async (t) => {
  const sentences = [sentence(1, 0, 1_000), sentence(2, 2_000, 40_000), sentence(3, 41_000, 42_000)];
  const words = wordsOf(sentences);
  words.set('1.0.3', []);
  const stretches = collectStretches({ part: 1, channel: 0, fromMs: 0, sentences }, words, LENGTH);
  t.same(numbersOf(stretches), [[1]]);
});

t.test('another text altogether is no hearing of the same speech', async (t) => {
  const words = spokenWords('Das ist ein neues Gerät.', 1);
  const sentences = [{ sentence: 1, from: 0, words, language: 'de' }];
  t.notOk(hasWordsInCommon({ sentences }, [spokenWords('This was some other machine.', 1)]));
  t.ok(hasWordsInCommon({ sentences }, [spokenWords('Das war kein altes Gefährt.', 1)]));
  t.ok(hasWordsInCommon({ sentences }, ['same']));
});
