import t from 'tap';
import type { Word } from '../../../../server/core/hypothesis.ts';
import {
  type LeftContext,
  removeLeftContext,
  selectLeftContext,
} from '../../../../server/core/session/left-context.ts';
import { joinWords } from '../../../../server/core/stable/words.ts';

const STEP = 4_000;
const OPTIONS = { ms: 5_000, gapMs: 1_500 };

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
const lead = (line: string): LeftContext => ({ from: 0, words: words(line), language: 'en', context: [] });
const behind = (decode: string, before: string): string => joinWords(removeLeftContext(words(decode), lead(before)));

t.test('what the lead says is left out, however it is written now', async (t) => {
  t.equal(behind('I saw a cat. It ran away', 'I saw a cat.'), 'It ran away');
  t.equal(behind('I saw the cat, it ran away', 'I saw a cat'), 'it ran away');
  t.equal(behind('I saw a cat', 'I saw a cat.'), '');
});

t.test('a last word heard differently now is still the lead’s', async (t) => {
  t.equal(behind('tried to outgaze them, but they could not', 'tried to outgaze him.'), 'But they could not');
});

t.test('a sentence behind a full stop begins with a capital, one behind an open end does not', async (t) => {
  t.equal(behind('in our blood, and a grain', 'in our blood.'), 'And a grain');
  t.equal(behind('in our blood and a grain', 'in our blood'), 'and a grain');
});

t.test('without a lead a decode stays as it is', async (t) => {
  t.equal(joinWords(removeLeftContext(words('as it is'), undefined)), 'as it is');
});

t.test('a lead is used when it is near, in the same language, kept, and leaves room', async (t) => {
  const before = lead('I saw a cat.');
  const request = { anchor: 4 * STEP, to: 8 * STEP, language: 'en', oldest: 0 };
  t.equal(selectLeftContext(before, request, OPTIONS), before);
  t.equal(selectLeftContext(undefined, request, OPTIONS), undefined);
  t.equal(
    selectLeftContext(before, { ...request, language: 'auto' }, OPTIONS),
    undefined,
    'its language is to be detected',
  );
  t.equal(selectLeftContext(before, { ...request, language: 'de' }, OPTIONS), undefined, 'another language');
  t.equal(selectLeftContext(before, { ...request, oldest: 1 }, OPTIONS), undefined, 'its audio has left the ring');
  t.equal(selectLeftContext(before, { ...request, anchor: 0 }, OPTIONS), undefined, 'nothing before the open sentence');
  t.equal(
    selectLeftContext(before, { ...request, anchor: 50_000, to: 90_000 }, OPTIONS),
    undefined,
    'a long pause behind it',
  );
  t.equal(selectLeftContext(before, { ...request, to: 16 * 16_000 }, OPTIONS), undefined, 'too long together');
  t.equal(selectLeftContext(before, request, { ...OPTIONS, ms: 900 }), undefined, 'it began too long ago');
  t.equal(selectLeftContext(before, request, { ...OPTIONS, ms: 0 }), undefined, 'switched off');
});
