import t from 'tap';
import { PIPELINE } from '../../../../server/core/session/settings.ts';
import { Utterance } from '../../../../server/core/session/utterance.ts';
import { readHypothesis, readUtterance } from '../../../../server/core/session/utterance-reading.ts';
import { sureHypothesis } from '../../../support/sure-hypothesis.ts';

const word = (text: string, confidence: number) => ({ text, space: true, from: 0, to: 8_000, confidence });

t.test('a hypothesis reads as its words, and is as sure as the last of them', async (t) => {
  const hypothesis = sureHypothesis([word('Hello', 0.4), word('there.', 0.9)]);
  t.match(readHypothesis(hypothesis), { text: 'Hello there.', confidence: 0.9, language: hypothesis.language });
  t.match(readHypothesis(sureHypothesis([])), { text: '', confidence: 1 });
});

t.test('growing speech reads as on screen, without a confidence, until the decode of its pause is there', async (t) => {
  const utterance = new Utterance(PIPELINE, 0);
  utterance.text.finish([word('Hello', 1)], 0);
  t.same(readUtterance(utterance, 'de'), { text: 'Hello', confidence: undefined, language: 'de' });
  const { findings } = utterance.decode;
  const request = { job: 1, from: 0, to: 16_000, language: 'en', leftContext: undefined };
  utterance.move({ kind: 'requestFinal', request });
  utterance.move({ kind: 'startFinal', findings });
  t.equal(readUtterance(utterance, 'de').confidence, undefined);
  utterance.move({ kind: 'readFinal', hypothesis: sureHypothesis([word('Hello.', 0.8)]), findings });
  t.match(readUtterance(utterance, 'de'), { text: 'Hello.', confidence: 0.8 });
});
