import t from 'tap';
import type { Word } from '../../../../server/core/hypothesis.ts';
import { removeEchoes, removeLoops, type SpeechSpan } from '../../../../server/core/stable/loops.ts';
import { joinWords } from '../../../../server/core/stable/words.ts';
import { sureHypothesis } from '../../../support/sure-hypothesis.ts';

const VOICE: SpeechSpan = { countVoiced: (from, to) => to - from };
const SILENCE: SpeechSpan = { countVoiced: () => 0 };
/** As fast as people speak, and as fast as only a decoder in a loop writes; samples a word. */
const SPOKEN = 6_000;
const WRITTEN = 400;

const wordsOf = (text: string, step = SPOKEN, from = 0): Word[] =>
  text
    .split(' ')
    .map((word, i) => ({ text: word, space: true, from: from + i * step, to: from + (i + 1) * step, confidence: 0.9 }));

function withoutLoops(text: string, voice = VOICE, { step = SPOKEN, stop = 'end' as const } = {}): string {
  const words = wordsOf(text, step);
  return joinWords(removeLoops(words, sureHypothesis(words, { stop }), voice).kept);
}

t.test('the copies of a phrase that stands in a row too often go, the first stays', async (t) => {
  t.equal(withoutLoops('I think so I think so I think so I think so', SILENCE), 'I think so');
  t.equal(withoutLoops('well thank you thank you thank you thank', SILENCE), 'well thank you', 'a copy begun goes too');
  t.equal(withoutLoops('a b a b', SILENCE), 'a b a b', 'twice is no loop');
});

t.test('what people say again and again stays: at their pace, over a voice, a few times', async (t) => {
  t.equal(withoutLoops('no no no no'), 'no no no no');
  t.equal(withoutLoops('no no no no', SILENCE), 'no');
  t.equal(withoutLoops('no no no no', VOICE, { step: 1_000 }), 'no');
  t.equal(withoutLoops('no no no no no no no no'), 'no', 'not so often');
  t.equal(withoutLoops('he said no no no no and left'), 'he said no no no no and left', 'the text goes on behind it');
});

t.test('a decode that was cut short has said nothing of it', async (t) => {
  const words = wordsOf('no no no no');
  t.equal(joinWords(removeLoops(words, sureHypothesis(words, { stop: 'repeat' }), VOICE).kept), 'no');
});

t.test('every word is kept or dropped, and none twice', async (t) => {
  const words = wordsOf('so la la la la la la la la and do re do re do re do re end');
  const { kept, dropped } = removeLoops(words, sureHypothesis(words), SILENCE);
  t.equal(kept.length + dropped.length, words.length);
  t.same(new Set([...kept, ...dropped]), new Set(words));
  t.equal(joinWords(kept), 'so la and do re end');
});

t.test('a run of words in no time that is a copy of those before it is an echo', async (t) => {
  const spoken = wordsOf('we go home now');
  const echo = wordsOf('go home now', WRITTEN, 4 * SPOKEN);
  const { kept, dropped } = removeEchoes([...spoken, ...echo]);
  t.equal(joinWords(kept), 'we go home now');
  t.same(dropped, echo);
});

t.test('at the pace of speech it was said again, and in no time other words are no copy', async (t) => {
  const again = wordsOf('we go home now go home now');
  t.same(removeEchoes(again).dropped, []);
  const fast = [...wordsOf('we go home'), ...wordsOf('and then some', WRITTEN, 3 * SPOKEN)];
  t.same(removeEchoes(fast).dropped, []);
});

t.test('two words echo only what stands right before them, and one only its own copy', async (t) => {
  const near = [...wordsOf('we go home'), ...wordsOf('go home', WRITTEN, 3 * SPOKEN)];
  t.equal(joinWords(removeEchoes(near).kept), 'we go home');
  const far = [...wordsOf('go home and then some'), ...wordsOf('go home', WRITTEN, 5 * SPOKEN)];
  t.same(removeEchoes(far).dropped, []);
  t.same(removeEchoes(wordsOf('no no', SPOKEN)).dropped, []);
  t.equal(joinWords(removeEchoes(wordsOf('no no', WRITTEN)).kept), 'no');
});
