import t from 'tap';
import type { Word } from '../../../../server/core/hypothesis.ts';
import { FULL_SERVICE_LEVEL } from '../../../../server/core/schedule/load-shedder.ts';
import type { DecodeConditions } from '../../../../server/core/session/conditions.ts';
import { NO_FINDINGS, withSentenceFindings } from '../../../../server/core/session/decode-findings.ts';
import { DecodePolicy, detectionProgress } from '../../../../server/core/session/decode-policy.ts';
import { newDecodeState } from '../../../../server/core/session/decode-state.ts';
import { OutputQueue } from '../../../../server/core/session/output-queue.ts';
import { PIPELINE, type SessionSettings } from '../../../../server/core/session/settings.ts';
import { SETTINGS } from '../../../support/session-settings.ts';
import { sureHypothesis } from '../../../support/sure-hypothesis.ts';

const SECOND = 16_000;
const word = (text: string, seconds: number): Word => ({
  ...{ text, space: true, from: seconds * SECOND, to: (seconds + 0.4) * SECOND, confidence: 0.9 },
});
/** A sentence that was said from 1 to 2 s; the open one begins at 2 s. */
const BEFORE = { from: SECOND, words: [word('Well', 1), word('yes.', 1.5)], language: 'en', context: ['Older.'] };
const OPEN = { ...newDecodeState(2 * SECOND), sentenceStart: 2 * SECOND };

function open(settings: Partial<SessionSettings> = {}, pipeline = PIPELINE) {
  const outputs = new OutputQueue();
  const all = { ...SETTINGS, ...settings };
  const policy = new DecodePolicy({ channel: 0, pipeline, outputs, settings: all, language: undefined });
  const conditions: DecodeConditions = {
    ...{ settings: all, serviceLevel: FULL_SERVICE_LEVEL, leftContext: BEFORE },
    finals: ['Older.', 'Well yes.'].map((text) => ({ text, language: 'en' })),
  };
  return { outputs, policy, conditions };
}

const REACH = { to: 4 * SECOND, oldest: 0 };
const voiced = (): boolean => true;

t.test('a decode begins with the sentence right before, where that is still held', async (t) => {
  const { policy, conditions } = open();
  t.match(policy.chooseContext(OPEN, REACH, conditions), { language: 'en', leftContext: BEFORE });
  t.equal(policy.chooseContext(OPEN, { ...REACH, oldest: 2 * SECOND }, conditions).leftContext, undefined);
});

t.test('it does without where that failed, and in translations', async (t) => {
  const failed = { ...OPEN, findings: { ...NO_FINDINGS, omitsLeftContext: true } };
  const { policy, conditions } = open();
  t.equal(policy.chooseContext(failed, REACH, conditions).leftContext, undefined);
  const translating = open({ task: 'translate' });
  t.equal(translating.policy.chooseContext(OPEN, REACH, translating.conditions).leftContext, undefined);
});

t.test('the prompt holds the hints, and the finals before what is decoded', async (t) => {
  const { policy, conditions } = open({ vocabulary: ['Sotto'] });
  const asked = { stable: 'So', findings: NO_FINDINGS };
  const with_ = policy.describe('final', { language: 'en', leftContext: BEFORE }, asked, conditions);
  t.match(with_.prompt, /Sotto/);
  t.match(with_.prompt, /Older\.$/, 'the sentence before is in the audio');
  const without = policy.describe('final', { language: 'en', leftContext: undefined }, asked, conditions);
  t.match(without.prompt, /Well yes\.$/);
  const withoutVocabulary = { ...asked, findings: withSentenceFindings(NO_FINDINGS, { omitsVocabulary: true }) };
  t.notMatch(
    policy.describe('final', { language: 'en', leftContext: undefined }, withoutVocabulary, conditions).prompt,
    'Sotto',
  );
});

t.test('stable words are a forced prefix only where that is wanted, and nothing stands before them', async (t) => {
  const asked = { stable: 'So it', findings: NO_FINDINGS };
  const plain = open();
  t.equal(
    plain.policy.describe('partial', { language: 'en', leftContext: undefined }, asked, plain.conditions).prefix,
    '',
  );
  const forced = open({}, { ...PIPELINE, forcedPrefix: true });
  const prefix = (leftContext: typeof BEFORE | undefined) =>
    forced.policy.describe('partial', { language: 'en', leftContext }, asked, forced.conditions).prefix;
  t.equal(prefix(undefined), 'So it');
  t.equal(prefix(BEFORE), '');
});

t.test('only finals are decoded in short windows under load', async (t) => {
  const { policy, conditions } = open();
  const busy = { ...conditions, serviceLevel: { ...FULL_SERVICE_LEVEL, windows: 'short' } } as const;
  const asked = { stable: '', findings: NO_FINDINGS };
  const floor = (kind: 'partial' | 'final', given: DecodeConditions) =>
    policy.describe(kind, { language: 'en', leftContext: undefined }, asked, given).windowFloor;
  t.equal(floor('final', busy), 0);
  t.equal(floor('partial', busy), undefined);
  t.equal(floor('final', conditions), undefined);
});

t.test('the model a client asked for is never another’s choice', async (t) => {
  const { policy, conditions } = open({ model: 'base' });
  t.equal(policy.withModel(NO_FINDINGS, conditions), NO_FINDINGS);
  const asked = { stable: '', findings: NO_FINDINGS };
  t.equal(policy.describe('final', { language: 'en', leftContext: undefined }, asked, conditions).model, 'base');
  const chosen = open();
  t.same(chosen.policy.withModel(NO_FINDINGS, chosen.conditions).sentence.model, { name: undefined });
});

t.test('an answer that was cut short is no use, and shows nothing', async (t) => {
  const { policy } = open();
  const aborted = sureHypothesis([word('x', 2)], { stop: 'aborted' });
  t.same(policy.assessPartial(OPEN, aborted, { to: 4 * SECOND, leftContext: undefined }, voiced), {
    ...{ isUsable: false, findings: OPEN.findings },
  });
});

t.test('no word behind the left context, though there was a voice: again without it', async (t) => {
  const { policy } = open();
  const only = sureHypothesis(BEFORE.words);
  const span = { to: 4 * SECOND, leftContext: BEFORE };
  t.match(policy.assessPartial(OPEN, only, span, voiced), { isUsable: false, findings: { omitsLeftContext: true } });
  t.match(
    policy.assessPartial(OPEN, only, span, () => false),
    { isUsable: true },
  );
  const more = sureHypothesis([...BEFORE.words, word('More.', 2.5)]);
  t.match(policy.assessPartial(OPEN, more, span, voiced), { isUsable: true, findings: { omitsLeftContext: false } });
});

t.test('a final that hints may have led astray is decoded without them, once', async (t) => {
  const { policy } = open();
  const span = { from: 2 * SECOND, to: 4 * SECOND, leftContext: undefined };
  const unsure = sureHypothesis([word('Hodout.', 2)], { averageLogProbability: -0.9 });
  const asked = { vocabulary: ['Zarathustra'], isVoiced: voiced };
  const first = policy.assessFinal(OPEN, unsure, span, asked);
  t.match(first, { isUsable: false, findings: { sentence: { omitsVocabulary: true } } });
  t.ok(policy.assessFinal({ ...OPEN, findings: first.findings }, unsure, span, asked).isUsable);
  t.ok(policy.assessFinal(OPEN, { ...unsure, words: [word('zarathustra', 2)] }, span, asked).isUsable);
  t.ok(policy.assessFinal(OPEN, unsure, span, { ...asked, vocabulary: [] }).isUsable);
});

t.test('a language that becomes known is announced, and survives a restart', async (t) => {
  const { policy, outputs } = open({ language: 'auto' });
  t.equal(policy.language, undefined);
  const german = sureHypothesis([word('Ja.', 2)], { language: 'de', languageProbability: 0.99 });
  for (let i = 0; i < 5 && policy.language === undefined; i++)
    policy.learnLanguage(german, { seconds: 5, rejectedSeconds: 0 });
  t.equal(policy.language, 'de');
  t.match(outputs.drain(), [{ event: { type: 'notice', code: 'language', text: 'The language is de.', channel: 0 } }]);
  const again = new DecodePolicy({
    ...{ channel: 0, pipeline: PIPELINE, outputs, settings: { ...SETTINGS, language: 'auto' } },
    language: JSON.parse(JSON.stringify(policy.languageSnapshot)),
  });
  t.equal(again.language, 'de');
  again.changeLanguage({ ...SETTINGS, language: 'fr' });
  t.equal(again.language, 'fr');
});

t.test('the progress of a detection counts from the start of the sentence', async (t) => {
  const rejected = withSentenceFindings(NO_FINDINGS, { rejectedLanguageTo: 3 * SECOND });
  t.same(detectionProgress(2 * SECOND, 6 * SECOND, NO_FINDINGS), { seconds: 4, rejectedSeconds: 0 });
  t.same(detectionProgress(2 * SECOND, 6 * SECOND, rejected), { seconds: 4, rejectedSeconds: 1 });
});

t.test('a stretch of a recording has a full window, and neither the sentence before nor its text', async (t) => {
  const { policy, conditions } = open({ source: 'recording', vocabulary: ['Sotto'] });
  const busy = { ...conditions, serviceLevel: { ...FULL_SERVICE_LEVEL, windows: 'short' as const } };
  const context = policy.chooseContext(OPEN, REACH, busy);
  t.equal(context.leftContext, undefined);
  const described = policy.describe('final', context, { stable: '', findings: NO_FINDINGS }, busy);
  t.match(described, { windowFloor: 1_500, prompt: 'Sotto', beamSize: PIPELINE.secondHearing.beamSize });
});
