import t from 'tap';
import type { Hypothesis } from '../../../../server/core/hypothesis.ts';
import { LanguageSelector } from '../../../../server/core/session/language-selector.ts';

/** Words that nobody looks at, but for their number. */
const wordsOf = (count: number): Hypothesis['words'] =>
  Array.from({ length: count }, (_, i) => ({ text: 'x', space: true, from: i, to: i + 1, confidence: 1 }));

const detected = (language: string, languageProbability = 0.95, words = 4): Hypothesis => ({
  words: wordsOf(words),
  language,
  languageProbability,
  noSpeech: 0,
  averageLogProbability: -0.2,
  compressionRatio: 1,
  stop: 'end',
  decodeMs: 1,
});

const span = (seconds: number, rejectedSeconds = 0) => ({ seconds, rejectedSeconds });

t.test('a language the client named is never left', async (t) => {
  const choice = new LanguageSelector('de');
  for (let i = 0; i < 5; i++) t.equal(choice.learn(detected('en'), span(3)), false);
  t.equal(choice.languageFor(span(30)), 'de');
  t.equal(choice.locked, 'de');
});

t.test('one foreign sentence does not move the lock, two in a row do', async (t) => {
  const choice = new LanguageSelector('auto');
  t.equal(choice.locked, undefined);
  t.equal(choice.learn(detected('en'), span(3)), true);
  t.equal(choice.learn(detected('fr'), span(3)), false);
  t.equal(choice.learn(detected('en'), span(3)), false);
  t.equal(choice.learn(detected('fr'), span(3)), false, 'the sentence between began the count anew');
  t.equal(choice.locked, 'en');
  t.equal(choice.learn(detected('fr'), span(3)), true);
  t.equal(choice.locked, 'fr');
});

t.test('one word moves no language that has settled, however long or often it is said', async (t) => {
  const choice = new LanguageSelector('auto', ['en', 'de']);
  choice.learn(detected('en'), span(3));
  for (let i = 0; i < 4; i++) t.equal(choice.learn(detected('de', 0.99, 1), span(2)), false, 'Neeein');
  t.ok(choice.isSettled);
  t.equal(choice.learn(detected('de'), span(3)), false);
  t.equal(choice.learn(detected('de', 0.99, 1), span(2)), false, 'nor is it the second of two sentences');
  t.equal(choice.learn(detected('de'), span(3)), true);
  const fresh = new LanguageSelector('auto');
  t.equal(fresh.learn(detected('de', 0.99, 1), span(1.2)), true, 'where none has, it is the best there is');
});

t.test('too little speech, or a doubtful detection, keeps the language in force', async (t) => {
  const choice = new LanguageSelector('auto');
  t.equal(choice.languageFor(span(0.2)), 'auto', 'nothing is locked yet');
  choice.learn(detected('en'), span(3));
  t.equal(choice.languageFor(span(0.2)), 'en');
  t.equal(choice.languageFor(span(5)), 'auto');
  t.equal(choice.accepts(detected('cy', 0.99), 0.2), false);
  t.equal(choice.accepts(detected('cy', 0.3), 5), false);
  t.equal(choice.accepts(detected('cy', 0.99), 5), true);
  t.equal(choice.accepts(detected('en', 0.1), 0.1), true);
});

t.test('a short or doubtful first sound does not lock a language', async (t) => {
  const choice = new LanguageSelector('auto');
  t.equal(choice.learn(detected('cy', 0.99), span(0.6)), false, 'too short');
  t.equal(choice.learn(detected('ja', 0.3), span(4)), false, 'too doubtful');
  t.equal(choice.locked, undefined);
  t.equal(choice.learn(detected('en', 0.9), span(2)), true);
  t.equal(choice.locked, 'en');
});

t.test('short or doubtful sentences in between neither move the lock nor hold the move up', async (t) => {
  const choice = new LanguageSelector('auto');
  choice.learn(detected('en'), span(3));
  t.equal(choice.learn(detected('fr', 0.9), span(3)), false);
  t.equal(choice.learn(detected('fr', 0.99), span(0.5)), false, 'a short sentence is no witness');
  t.equal(choice.learn(detected('fr', 0.9), span(3)), true);
});

t.test(
  'a span whose language was rejected is decoded in the one in force until it is half as long again',
  async (t) => {
    const choice = new LanguageSelector('auto');
    choice.learn(detected('en'), span(3));
    t.equal(choice.languageFor(span(2, 2)), 'en');
    t.equal(choice.languageFor(span(2.9, 2)), 'en');
    t.equal(choice.languageFor(span(3, 2)), 'auto');
    t.equal(choice.learn(detected('fr'), span(3)), false);
    t.equal(choice.learn(detected('en', 1), span(2, 2)), false, 'given, not detected');
    t.equal(choice.learn(detected('fr'), span(3)), true, 'so it held nothing up');
  },
);

t.test(
  'behind a sentence in another language, it is asked about again as soon as there is a little more of it',
  async (t) => {
    const choice = new LanguageSelector('auto');
    choice.learn(detected('en'), span(3));
    t.equal(choice.learn(detected('de'), span(3)), false);
    t.equal(choice.languageFor(span(1.3, 1.3)), 'en', 'the span that was rejected is decoded in the one in force');
    t.equal(choice.languageFor(span(1.5, 1.3)), 'auto');
  },
);

t.test('of an allowed list of one nothing has to be detected', async (t) => {
  const choice = new LanguageSelector('auto', ['de']);
  t.equal(choice.languageFor(span(3)), 'de');
  t.equal(new LanguageSelector('auto', ['de', 'fr']).languageFor(span(3)), 'auto');
});
