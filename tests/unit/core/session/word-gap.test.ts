import t from 'tap';
import { OutputQueue } from '../../../../server/core/session/output-queue.ts';
import { WordGap } from '../../../../server/core/session/word-gap.ts';

const SECOND = 16_000;
const word = (to: number) => ({ text: 'word', space: true, from: to - 1_000, to, confidence: 1 });

function open(lastWord?: number) {
  const outputs = new OutputQueue();
  const gap = new WordGap(0, outputs, lastWord);
  const drain = () => outputs.drain().flatMap((each) => (each.kind === 'event' ? [each.event] : []));
  return { gap, drain };
}

t.test('a gap is reported once for each last word, when it is long enough', async (t) => {
  const { gap, drain } = open();
  gap.report(10 * SECOND, false, 1_000);
  t.same(drain(), [], 'nothing was said');
  gap.noteFinal(10 * SECOND);
  gap.report(11 * SECOND - 1, false, 1_000);
  t.same(drain(), []);
  gap.report(11 * SECOND, false, 1_000);
  t.same(drain(), [{ type: 'gap', channel: 0, wordMs: 10_000 }]);
  gap.report(20 * SECOND, false, 1_000);
  t.same(drain(), []);
  gap.noteFinal(21 * SECOND);
  gap.noteFinal(22 * SECOND);
  gap.report(40 * SECOND, false, 1_000);
  t.match(drain(), [{ wordMs: 22_000 }]);
});

t.test('without a length nothing is reported', async (t) => {
  const { gap, drain } = open(SECOND);
  gap.report(40 * SECOND, false, undefined);
  t.same(drain(), []);
  t.equal(gap.lastWord, SECOND);
  t.notOk(gap.endsSpeech(word(SECOND), 40 * SECOND, undefined));
});

t.test('open speech counts as far as it is decoded and has no word', async (t) => {
  const { gap, drain } = open(SECOND);
  gap.report(1.5 * SECOND, true, 1_000);
  t.same(drain(), [], 'it is not decoded yet');
  t.notOk(gap.endsSpeech(undefined, 2 * SECOND, 1_000));
  gap.report(1.5 * SECOND, false, 1_000);
  t.same(drain(), [], 'now it has a word');
  gap.report(1.5 * SECOND, true, 1_000);
  t.match(drain(), [{ wordMs: 1_000 }]);
});

t.test('speech in which no word follows for a second is over, however short the gap asked for', async (t) => {
  const { gap } = open();
  t.notOk(gap.endsSpeech(word(SECOND), 1.9 * SECOND, 500));
  t.ok(gap.endsSpeech(word(SECOND), 2 * SECOND, 500));
  t.notOk(gap.endsSpeech(word(SECOND), 2 * SECOND, 1_500));
  t.ok(gap.endsSpeech(word(SECOND), 2.5 * SECOND, 1_500));
});
