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

t.test('what people say again and again stays, however often: at their pace, over a voice', async (t) => {
  t.equal(withoutLoops('no no no no'), 'no no no no');
  t.equal(withoutLoops('no no no no', SILENCE), 'no');
  t.equal(withoutLoops('no no no no', VOICE, { step: 1_000 }), 'no');
  for (const line of [
    'no no no no no no no no',
    'ich will nicht ich will nicht ich will nicht',
    'I will not go there. I will not go there. I will not go there.',
    'five five five five one',
    'row row row your boat row row row your boat row row row your boat',
  ])
    t.equal(withoutLoops(line), line);
  t.equal(
    withoutLoops('understanding understanding understanding understanding'),
    'understanding',
    'no time for long words',
  );
  t.equal(withoutLoops('he said no no no no and left'), 'he said no no no no and left', 'the text goes on behind it');
});

t.test('what a decode says of a loop that was cut short needs more time, and a spent budget is one', async (t) => {
  const check = (step: number, stop: 'repeat' | 'budget', line = 'no no no no'): string => {
    const words = wordsOf(line, step);
    return joinWords(removeLoops(words, sureHypothesis(words, { stop }), VOICE).kept);
  };
  t.equal(check(SPOKEN, 'repeat'), 'no no no no');
  t.equal(check(3_000, 'repeat'), 'no');
  t.equal(check(3_000, 'repeat', 'no no no no I said'), 'no no no no I said', 'the loop was another one, behind it');
  t.equal(check(SPOKEN, 'budget'), 'no');
});

t.test('a word said again is no echo where its times are blurred but there is time for both', async (t) => {
  const at = (text: string, from: number, to: number): Word => ({
    ...{ text, space: true, confidence: 0.9 },
    ...{ from: from * 16_000, to: to * 16_000 },
  });
  const again = [at('testing,', 3.56, 4.77), at('testing,', 4.77, 4.79), at('testing,', 4.79, 5.75)];
  t.same(removeEchoes(again).dropped, []);
  t.same(removeEchoes([at('testing,', 0.56, 1.12), ...again]).dropped, [], 'however many');
  t.same(removeEchoes([...again.slice(0, 2), at('testing,', 4.79, 4.9)]).dropped.length, 1);
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
