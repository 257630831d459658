import t from 'tap';
import {
  forNextSentence,
  NO_FINDINGS,
  withFailure,
  withSentenceFindings,
} from '../../../../server/core/session/decode-findings.ts';

t.test('a failed decode is counted, and the next goes without its left context', async (t) => {
  const twice = withFailure(withFailure(NO_FINDINGS));
  t.match(twice, { failures: 2, omitsLeftContext: true });
  t.match(NO_FINDINGS, { failures: 0, omitsLeftContext: false }, 'findings are never changed in place');
});

t.test(
  'what a sentence has shown is forgotten with it, but for its language; what the utterance has shown is not',
  async (t) => {
    const found = withSentenceFindings(withFailure(NO_FINDINGS), { omitsVocabulary: true, isLanguageConfirmed: true });
    t.match(found.sentence, { omitsVocabulary: true, isLanguageConfirmed: true, model: undefined });
    const next = forNextSentence(found);
    t.same(next.sentence, { ...NO_FINDINGS.sentence, isLanguageConfirmed: true });
    t.match(next, { failures: 1, omitsLeftContext: true });
  },
);
