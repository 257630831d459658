import t from 'tap';
import {
  type Arrival,
  brokenStable,
  countFalseEnds,
  finalDelays,
  measure,
  midSpeechDelays,
  revisedFinals,
  takenBack,
} from '../../bench/measures.ts';

const STEP = 500;
let seq = 0;
const words = (text: string, fromMs: number) =>
  text
    .split(' ')
    .filter(Boolean)
    .map((word, i) => ({ text: word, fromMs: fromMs + i * STEP, toMs: fromMs + (i + 1) * STEP, confidence: 1 }));

function partial(atMs: number, sentence: number, text: string, { stable = 0, fromMs = 0 } = {}): Arrival {
  const all = words(text, fromMs);
  const first = text.split(' ').slice(0, stable).join(' ');
  return {
    atMs,
    event: {
      type: 'partial',
      seq: seq++,
      channel: 0,
      sentence,
      revision: 1,
      stable: first,
      tentative: text.slice(first.length),
      words: all,
      stableWords: stable,
      fromMs,
      toMs: fromMs + all.length * STEP,
    } as Arrival['event'],
  };
}

function final(atMs: number, sentence: number, text: string, fromMs = 0): Arrival {
  const all = words(text, fromMs);
  return {
    atMs,
    event: {
      type: 'final',
      seq: seq++,
      channel: 0,
      sentence,
      text,
      words: all,
      fromMs,
      toMs: fromMs + all.length * STEP,
      language: 'en',
    } as Arrival['event'],
  };
}

const end = (atMs: number, arrived: number): Arrival => ({
  atMs: arrived,
  event: { type: 'speech', seq: seq++, channel: 0, state: 'end', atMs } as Arrival['event'],
});

function recording(text: string, fromMs = 0) {
  const timed = words(text, fromMs).map((word) => ({
    word: word.text,
    start: word.fromMs / 1_000,
    end: word.toMs / 1_000,
  }));
  return { file: 'x', path: 'x', kind: 'short', language: 'en', text, seconds: 3, words: timed };
}

t.test('A word that is replaced, removed, or never made final was taken back', async (t) => {
  t.equal(takenBack([partial(1, 1, 'a b'), partial(2, 1, 'a c'), final(3, 1, 'a c')]), 1);
  t.equal(takenBack([partial(1, 1, 'a b'), partial(2, 1, 'a'), final(3, 1, 'a')]), 1);
  t.equal(takenBack([partial(1, 1, 'a b')]), 2);
  t.equal(takenBack([partial(1, 1, 'a b'), partial(2, 1, 'a b c'), final(3, 1, 'a b c d')]), 0);
});

t.test('The last word of a final that became another was taken back', async (t) => {
  t.equal(takenBack([partial(1, 1, 'a b'), final(2, 1, 'a c'), partial(3, 2, 'b', { fromMs: 1_000 })]), 2);
});

t.test('Words that move to the next sentence were not taken back, those that vanish on the way were', async (t) => {
  const shown = [partial(1, 1, 'a b c d'), final(2, 1, 'a b')];
  t.equal(takenBack([...shown, partial(3, 2, 'c d', { fromMs: 1_000 }), final(4, 2, 'c d', 1_000)]), 0);
  t.equal(takenBack([...shown, partial(3, 2, 'c x', { fromMs: 1_000 }), final(4, 2, 'c x', 1_000)]), 1);
  t.equal(takenBack([...shown, final(3, 2, 'c', 1_000), final(4, 3, 'd', 1_500)]), 0);
  t.equal(takenBack(shown), 2);
});

t.test('A final sent again counts as revised only when its text differs', async (t) => {
  t.equal(revisedFinals([final(1, 1, 'a'), final(2, 1, 'a'), final(3, 2, 'b', 500)]), 0);
  t.equal(revisedFinals([final(1, 1, 'a'), final(2, 1, 'b')]), 1);
});

t.test('Stable text that is not a prefix later is broken', async (t) => {
  t.equal(brokenStable([partial(1, 1, 'a b', { stable: 2 }), final(2, 1, 'a b c')]), 0);
  t.equal(brokenStable([partial(1, 1, 'a b', { stable: 2 }), partial(2, 1, 'a c', { stable: 1 })]), 1);
  t.equal(brokenStable([partial(1, 1, 'a b', { stable: 2 }), final(2, 1, 'a')]), 1);
});

t.test(
  'The first partial counts from the first word in the audio, a word from its end to when it was stable',
  async (t) => {
    const arrivals = [
      partial(1_900, 1, 'one two', { fromMs: 1_000 }),
      partial(2_200, 1, 'one two', { stable: 1, fromMs: 1_000 }),
    ];
    const got = measure(recording('one two', 1_000), [...arrivals, final(2_600, 1, 'one two', 1_000)]);
    t.equal(got.firstPartial, 0.9);
    t.same(got.confirmed, [
      { endS: 1.5, delayS: 0.7 },
      { endS: 2, delayS: 0.6 },
    ]);
    t.same(got.timeErrors, [0, 0, 0, 0]);
  },
);

t.test('The delay of finals runs from the end of each speech to its own last final', async (t) => {
  const arrivals = [final(1_400, 1, 'one two'), end(1_000, 1_500), end(4_000, 4_400), final(4_600, 2, 'three', 3_500)];
  t.same(finalDelays({ ...recording(''), words: [] }, arrivals), [0.4, 0.6]);
  t.same(finalDelays(recording('one two'), arrivals), [0.4, 0.6]);
});

t.test(
  'A sentence ends in mid-speech when more of the same speech follows it, and it was not only cut there',
  async (t) => {
    const first = final(1_900, 1, 'one two.');
    const arrivals = [first, final(4_600, 2, 'three.', 1_500), end(4_000, 4_400), final(6_000, 3, 'four.', 4_500)];
    const nothingKnown = { ...recording(''), words: [] };
    t.match(midSpeechDelays(nothingKnown, arrivals), [{ last: { text: 'two.' }, delayS: 0.9 }]);
    const cut = [final(1_900, 1, 'one two'), final(4_600, 2, 'three.', 1_500), end(4_000, 4_400)];
    t.same(midSpeechDelays(nothingKnown, cut), []);
    const ends = midSpeechDelays(nothingKnown, arrivals);
    t.equal(countFalseEnds(ends, [{ text: 'Two', from: 8_000 }]), 1, 'the whole goes on there');
    t.equal(countFalseEnds(ends, [{ text: 'two.', from: 8_000 }]), 0);
    t.equal(countFalseEnds(ends, [{ text: 'two', from: 80_000 }]), 0, 'another word');
  },
);

t.test('A revision takes the place of its final where revised words are counted', async (t) => {
  const event = { type: 'revised', seq: seq++, channel: 0, sentence: 2, text: 'c d', words: [], model: 'm' };
  const arrivals = [final(1, 1, 'a b'), final(2, 2, 'c x', 1_000), { atMs: 12_000, event: event as Arrival['event'] }];
  const { errors, revisedErrors, revisedText, revised } = measure(recording('a b c d'), arrivals);
  t.same([errors, revisedErrors, revisedText], [1, 0, 'a b c d']);
  t.same(revised, [10], 'ten seconds after its sentence ended');
});
