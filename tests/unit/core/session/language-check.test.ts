import t from 'tap';
import type { Hypothesis } from '../../../../server/core/hypothesis.ts';
import { type DecodeFindings, NO_FINDINGS } from '../../../../server/core/session/decode-findings.ts';
import { checkLanguage } from '../../../../server/core/session/language-check.ts';
import { LanguageSelector } from '../../../../server/core/session/language-selector.ts';

const SECOND = 16_000;
/** A decode in a language that it was given; with `detected`, its probability. */
function decoded(language: string, averageLogProbability: number, detected?: number): Hypothesis {
  const confidence = Math.exp(averageLogProbability);
  return {
    words: [{ text: 'Wort', space: true, from: 0, to: SECOND, confidence }],
    language,
    languageProbability: detected ?? 1,
    ...(detected === undefined ? {} : { languageProbabilities: { [language]: detected } }),
    ...{ noSpeech: 0, averageLogProbability, compressionRatio: 1, stop: 'end', decodeMs: 1 },
  };
}

function english(): LanguageSelector {
  const selector = new LanguageSelector('auto');
  selector.learn(decoded('en', -0.2, 0.95), { seconds: 4, rejectedSeconds: 0 });
  return selector;
}

const span = (seconds: number, isFinal = true) => ({ ...{ sentenceStart: 0, to: seconds * SECOND }, seconds, isFinal });

/** Checks decodes of the same audio in turn, until one can be used; which one, and in how many decodes. */
function settle(seconds: number, decodes: readonly Hypothesis[], selector = english()) {
  let findings: DecodeFindings = NO_FINDINGS;
  for (const [i, hypothesis] of decodes.entries()) {
    const check = checkLanguage(hypothesis, span(seconds), findings, selector);
    ({ findings } = check);
    if (check.isUsable) return { language: hypothesis.language, decodes: i + 1, findings };
  }
  return { language: undefined, decodes: decodes.length, findings };
}

t.test('a sure detection in a whole sentence is believed at once', async (t) => {
  t.match(settle(4, [decoded('de', -0.3, 0.95)]), { language: 'de', decodes: 1 });
  t.match(settle(4, [decoded('en', -0.3, 0.95)]), { language: 'en', decodes: 1 });
});

t.test('an unsure or short one is compared with a decode in the language in force', async (t) => {
  const german = [decoded('de', -0.2, 0.6), decoded('en', -1.1), decoded('de', -0.2)];
  t.match(settle(4, german), { language: 'de', decodes: 3 });
  const name = [decoded('pt', -0.5, 0.6), decoded('en', -0.4)];
  t.match(settle(4, name), { language: 'en', decodes: 2 }, 'the likelier text counts');
  const no = [decoded('de', -0.1, 0.9), decoded('en', -0.9), decoded('de', -0.1)];
  t.match(settle(1.2, no), { language: 'de', decodes: 3 }, 'one word');
  t.match(settle(1.2, [decoded('de', -0.4, 0.9), decoded('en', -0.3)]), { language: 'en', decodes: 2 });
  t.match(
    settle(4, [decoded('cy', -0.2, 0.1), decoded('en', -0.8), decoded('en', -0.8)]),
    { language: 'en' },
    'a guess',
  );
});

t.test('a decode that the model doubts has its language detected anew, once', async (t) => {
  const french = [decoded('en', -1.3), decoded('fr', -0.2, 0.7)];
  t.match(settle(4, french), { language: 'fr', decodes: 2 }, 'the likelier text counts');
  const noisy = [decoded('en', -1.3), decoded('en', -1.3, 0.9)];
  t.match(settle(4, noisy), { language: 'en', decodes: 2 });
  const both = [decoded('en', -1), decoded('fr', -1, 0.7), decoded('en', -1)];
  t.match(settle(4, both), { language: 'en', decodes: 3 }, 'nonsense in both');
  t.match(settle(4, [decoded('en', -0.3)]), { decodes: 1 }, 'a sure one costs nothing');
});

t.test('while a sentence grows, it is doubted when there is enough of it, and again when it has grown', async (t) => {
  const check = (seconds: number, findings = NO_FINDINGS) =>
    checkLanguage(decoded('en', -1.3), span(seconds, false), findings, english());
  t.ok(check(1.2).isUsable, 'the first partials are always doubtful');
  const suspect = check(2.4);
  t.notOk(suspect.isUsable);
  t.notOk(suspect.findings.sentence.isLanguageConfirmed);
  t.ok(check(3, suspect.findings).isUsable);
  t.notOk(check(3.8, suspect.findings).isUsable);
});

t.test('nothing is doubted where the client named one language, or none is known yet', async (t) => {
  const fixed = new LanguageSelector('en');
  t.ok(checkLanguage(decoded('en', -2), span(4), NO_FINDINGS, fixed).isUsable);
  t.ok(checkLanguage(decoded('he', -2, 0.2), span(4), NO_FINDINGS, new LanguageSelector('auto')).isUsable);
});
