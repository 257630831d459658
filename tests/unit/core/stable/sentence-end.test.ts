import t from 'tap';
import type { Word } from '../../../../server/core/hypothesis.ts';
import { SentenceEnd } from '../../../../server/core/stable/sentence-end.ts';

const STEP = 8_000;
const words = (line: string, from = 0): Word[] =>
  line.split(' ').map((text, i) => ({
    ...{ text, space: true, from: from + i * STEP, to: from + (i + 1) * STEP, confidence: 0.5 },
  }));

t.test('the first sentence end is followed while decodes have it in the same place', async (t) => {
  const end = new SentenceEnd();
  t.same(end.follow(words('It rained. We'), 0, 24_000), { at: 1, agreedSamples: 0 });
  t.same(end.follow(words('It rained! We went'), 0, 32_000), { at: 1, agreedSamples: 8_000 });
  t.same(end.follow(words('It rained. We went. Home'), 0, 40_000), { at: 1, agreedSamples: 16_000 });
});

t.test('another end, one elsewhere or none begins anew', async (t) => {
  const end = new SentenceEnd();
  end.follow(words('It rained. We'), 0, 24_000);
  t.same(end.follow(words('It reigned. We went'), 0, 32_000), { at: 1, agreedSamples: 0 });
  t.same(end.follow(words('It reigned. We went', 3 * STEP), 0, 40_000), { at: 1, agreedSamples: 0 });
  t.equal(end.follow(words('It reigned we went'), 0, 48_000), undefined);
  t.same(end.follow(words('It reigned. We went'), 0, 56_000), { at: 1, agreedSamples: 0 });
  end.forget();
  t.same(end.follow(words('It reigned. We went'), 0, 64_000), { at: 1, agreedSamples: 0 });
});

t.test('ends among the words before are not looked at', async (t) => {
  t.same(new SentenceEnd().follow(words('Yes. It rained. We'), 1, 32_000), { at: 2, agreedSamples: 0 });
  t.equal(new SentenceEnd().follow(words('Dr. Who'), 0, 32_000), undefined, 'an abbreviation ends nothing');
});
