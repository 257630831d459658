import t from 'tap';
import type { Hypothesis } from '../../../../server/core/hypothesis.ts';
import { LanguageChoice } from '../../../../server/core/session/language.ts';

const heard = (language: string, languageProbability = 0.95): Hypothesis => ({
  words: [],
  language,
  languageProbability,
  noSpeech: 0,
  averageLogProbability: -0.2,
  compressionRatio: 1,
  stop: 'end',
  decodeMs: 1,
});

t.test('a language the client named is never left', async (t) => {
  const choice = new LanguageChoice('de');
  for (let i = 0; i < 5; i++) t.equal(choice.hear(heard('en')), false);
  t.equal(choice.ask(30), 'de');
  t.equal(choice.locked, 'de');
});

t.test('one foreign sentence does not move the lock, two in a row do', async (t) => {
  const choice = new LanguageChoice('auto');
  t.equal(choice.locked, undefined);
  t.equal(choice.hear(heard('en')), true);
  t.equal(choice.hear(heard('fr')), false);
  t.equal(choice.hear(heard('en')), false);
  t.equal(choice.hear(heard('fr')), false, 'the sentence between began the count anew');
  t.equal(choice.locked, 'en');
  t.equal(choice.hear(heard('fr')), true);
  t.equal(choice.locked, 'fr');
});

t.test('too little speech, or a doubtful detection, keeps the language in force', async (t) => {
  const choice = new LanguageChoice('auto');
  t.equal(choice.ask(0.2), 'auto', 'nothing is locked yet');
  choice.hear(heard('en'));
  t.equal(choice.ask(0.2), 'en');
  t.equal(choice.ask(5), 'auto');
  t.equal(choice.trusts(heard('cy', 0.99), 0.2), false);
  t.equal(choice.trusts(heard('cy', 0.3), 5), false);
  t.equal(choice.trusts(heard('cy', 0.99), 5), true);
  t.equal(choice.trusts(heard('en', 0.1), 0.1), true);
});
