import t from 'tap';
import type { Word } from '../../../../server/core/hypothesis.ts';
import { behindLead, type Lead, usableLead } from '../../../../server/core/session/lead.ts';
import { textOf } from '../../../../server/core/stable/words.ts';

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
const lead = (line: string): Lead => ({ from: 0, words: words(line), language: 'en', context: [] });
const behind = (decode: string, before: string): string => textOf(behindLead(words(decode), lead(before)));

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
  t.equal(textOf(behindLead(words('as it is'), undefined)), 'as it is');
});

t.test('a lead is used when it is near, in the same language, kept, and leaves room', async (t) => {
  const before = lead('I saw a cat.');
  const request = { anchor: 4 * STEP, to: 8 * STEP, language: 'en', oldest: 0 };
  t.equal(usableLead(before, request, OPTIONS), before);
  t.equal(usableLead(undefined, request, OPTIONS), undefined);
  t.equal(usableLead(before, { ...request, language: 'auto' }, OPTIONS), undefined, 'its language is to be detected');
  t.equal(usableLead(before, { ...request, language: 'de' }, OPTIONS), undefined, 'another language');
  t.equal(usableLead(before, { ...request, oldest: 1 }, OPTIONS), undefined, 'its audio has left the ring');
  t.equal(usableLead(before, { ...request, anchor: 0 }, OPTIONS), undefined, 'nothing before the open sentence');
  t.equal(usableLead(before, { ...request, anchor: 50_000, to: 90_000 }, OPTIONS), undefined, 'a long pause behind it');
  t.equal(usableLead(before, { ...request, to: 16 * 16_000 }, OPTIONS), undefined, 'too long together');
  t.equal(usableLead(before, request, { ...OPTIONS, ms: 900 }), undefined, 'it began too long ago');
  t.equal(usableLead(before, request, { ...OPTIONS, ms: 0 }), undefined, 'switched off');
});
