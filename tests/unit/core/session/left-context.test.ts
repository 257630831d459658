import t from 'tap';
import type { Word } from '../../../../server/core/hypothesis.ts';
import {
  type LeftContext,
  removeLeftContext,
  selectLeftContext,
} from '../../../../server/core/session/left-context.ts';
import { joinWords } from '../../../../server/core/stable/words.ts';

const STEP = 4_000;
const OPTIONS = { ms: 5_000, tailMs: 0, gapMs: 1_500, decodeMs: 1_000 };

const words = (line: string, from = 0): Word[] =>
  line
    .split(' ')
    .filter(Boolean)
    .map((text, i) => ({
      text,
      space: true,
      from: from + i * STEP,
      to: from + (i + 1) * STEP,
      confidence: 0.9,
    }));
const contextOf = (line: string): LeftContext => ({ from: 0, words: words(line), language: 'en', context: [] });
const behind = (decode: string, before: string): string =>
  joinWords(removeLeftContext(words(decode), contextOf(before), before.split(' ').length * STEP));

t.test('the words of the left context are left out, however they are written now', async (t) => {
  t.equal(behind('I saw a cat. It ran away', 'I saw a cat.'), 'It ran away');
  t.equal(behind('I saw the cat, it ran away', 'I saw a cat'), 'it ran away');
  t.equal(behind('I saw a cat', 'I saw a cat.'), '');
});

t.test('a last word that is heard differently now still belongs to the left context', async (t) => {
  t.equal(behind('tried to outgaze them, but they could not', 'tried to outgaze him.'), 'But they could not');
});

t.test('words that end before the cut are copies, whatever they say', async (t) => {
  const long: Word[] = ['the', 'plan', 'planet', 'is'].map((text, i) => ({
    ...{ text, space: true, confidence: 0.9 },
    ...{ from: i * STEP, to: (i + 1) * STEP },
  }));
  const before: LeftContext = { ...contextOf('the plan'), words: long.slice(0, 2) };
  t.equal(joinWords(removeLeftContext(long, before, 3 * STEP)), 'is');
  t.equal(joinWords(removeLeftContext(long, before, 2 * STEP)), 'planet is');
  const short = long.map((word) => ({ ...word, to: word.from + 1_000 }));
  t.equal(joinWords(removeLeftContext(short, before, 2 * STEP + 1_500)), 'planet is', 'times are not as exact');
});

t.test('a sentence behind a full stop begins with a capital, one behind an open end does not', async (t) => {
  t.equal(behind('in our blood, and a grain', 'in our blood.'), 'And a grain');
  t.equal(behind('in our blood and a grain', 'in our blood'), 'and a grain');
});

t.test('without left context a decode stays as it is', async (t) => {
  t.equal(joinWords(removeLeftContext(words('as it is'), undefined, 0)), 'as it is');
});

t.test(
  'the sentence before is used when it is near, in the same language and still held, and leaves room',
  async (t) => {
    const before = contextOf('I saw a cat.');
    const request = { sentenceStart: 4 * STEP, to: 8 * STEP, language: 'en', oldest: 0 };
    t.equal(selectLeftContext(before, request, OPTIONS), before);
    t.equal(selectLeftContext(undefined, request, OPTIONS), undefined);
    t.equal(
      selectLeftContext(before, { ...request, language: 'auto' }, OPTIONS),
      undefined,
      'its language is to be detected',
    );
    t.equal(selectLeftContext(before, { ...request, language: 'de' }, OPTIONS), undefined, 'another language');
    t.equal(selectLeftContext(before, { ...request, oldest: 1 }, OPTIONS), undefined, 'its audio has left the ring');
    t.equal(
      selectLeftContext(before, { ...request, sentenceStart: 0 }, OPTIONS),
      undefined,
      'nothing before the open sentence',
    );
    t.equal(
      selectLeftContext(before, { ...request, sentenceStart: 50_000, to: 90_000 }, OPTIONS),
      undefined,
      'a long pause behind it',
    );
    t.equal(selectLeftContext(before, { ...request, to: 16 * 16_000 }, OPTIONS), undefined, 'too long together');
    t.equal(selectLeftContext(before, request, { ...OPTIONS, ms: 900 }), undefined, 'it began too long ago');
    t.equal(selectLeftContext(before, request, { ...OPTIONS, ms: 0 }), undefined, 'switched off');
  },
);

t.test(
  'of a sentence that began too long ago the last words are used, and those before them are prompted',
  async (t) => {
    const before = { ...contextOf('I saw a cat that sat on a mat.'), context: ['Well.'] };
    const request = { sentenceStart: 9 * STEP, to: 12 * STEP, language: 'en', oldest: 0 };
    const select = (tailMs: number, change: Partial<typeof request> = {}) =>
      selectLeftContext(before, { ...request, ...change }, { ...OPTIONS, ms: 1_000, tailMs });
    const tail = select(600)!;
    t.equal(tail.from, 7 * STEP);
    t.equal(joinWords(tail.words), 'a mat.');
    t.same(tail.context, ['Well.', 'I saw a cat that sat on']);
    t.equal(
      joinWords(removeLeftContext(words('a mat. It slept.', 7 * STEP), tail, request.sentenceStart)),
      'It slept.',
      'its words are left out',
    );
    t.equal(select(0), undefined, 'switched off');
    t.equal(select(200), undefined, 'no word is as near');
    t.equal(select(600, { oldest: 8 * STEP }), undefined, 'its audio has left the ring');
    t.same(select(600, { oldest: STEP }), tail, 'the beginning of the sentence need not be held');
  },
);
