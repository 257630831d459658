import t from 'tap';
import type { EventBody } from '../../../../protocol/index.ts';
import { FULL_SERVICE_LEVEL } from '../../../../server/core/schedule/load-shedder.ts';
import { NO_FINDINGS } from '../../../../server/core/session/decode-findings.ts';
import { LanguageSelector } from '../../../../server/core/session/language-selector.ts';
import { ModelSelector } from '../../../../server/core/session/model-selector.ts';
import { OutputQueue } from '../../../../server/core/session/output-queue.ts';
import { SETTINGS } from '../../../support/session-settings.ts';
import { sureHypothesis } from '../../../support/sure-hypothesis.ts';

const OWN = { settings: SETTINGS, serviceLevel: FULL_SERVICE_LEVEL };
const BUSY = { settings: SETTINGS, serviceLevel: { ...FULL_SERVICE_LEVEL, model: 'small' } } as const;
const ENGLISH = new LanguageSelector('en');

function open() {
  const outputs = new OutputQueue();
  const selector = new ModelSelector(0, { own: 'base', small: 'tiny.en' }, outputs);
  const notices = (): EventBody[] => outputs.drain().flatMap((each) => (each.kind === 'event' ? [each.event] : []));
  return { selector, notices };
}

t.test(
  'under load English is decoded by the small model, and the client is notified of each change once',
  async (t) => {
    const { selector, notices } = open();
    t.equal(selector.choose(ENGLISH, OWN), undefined);
    t.same(notices(), []);
    for (let i = 0; i < 2; i++) t.equal(selector.choose(ENGLISH, BUSY), 'tiny.en');
    t.match(notices(), [{ type: 'notice', code: 'model', text: /tiny\.en/, channel: 0 }]);
    t.equal(selector.choose(ENGLISH, OWN), undefined);
    t.match(notices(), [{ text: /base/ }]);
  },
);

t.test('where the small model hears English, the client that was told so at the start is not told again', async (t) => {
  const outputs = new OutputQueue();
  const models = { own: 'base', small: 'tiny.en', isEnglishSmall: true, announced: 'tiny.en' };
  const selector = new ModelSelector(0, models, outputs);
  t.equal(selector.choose(ENGLISH, OWN), 'tiny.en');
  t.same(outputs.drain(), []);
  t.equal(selector.choose(new LanguageSelector('de'), OWN), undefined);
  t.match(outputs.drain(), [{ event: { code: 'model', text: /^For your language base/ } }]);
  const detected = new ModelSelector(0, { ...models, announced: 'base' }, outputs);
  t.equal(detected.choose(new LanguageSelector('auto'), OWN), undefined, 'not before it is known');
  t.same(outputs.drain(), []);
});

t.test('any other language, an unknown one, and translations keep the session’s own', async (t) => {
  const { selector, notices } = open();
  t.equal(selector.choose(new LanguageSelector('de'), BUSY), undefined);
  t.equal(selector.choose(new LanguageSelector('auto'), BUSY), undefined);
  t.equal(selector.choose(ENGLISH, { ...BUSY, settings: { ...SETTINGS, task: 'translate' } }), undefined);
  t.same(notices(), []);
});

t.test(
  'the small model is out of its depth when it is unsure of enough audio, unless English was asked for',
  async (t) => {
    const { selector } = open();
    const findings = (name: string | undefined) => ({ ...NO_FINDINGS.sentence, model: { name } });
    const unsure = sureHypothesis([], { averageLogProbability: -0.9 });
    const detected = new LanguageSelector('auto');
    t.ok(selector.isOutOfDepth(findings('tiny.en'), detected, unsure, 24_000));
    t.notOk(selector.isOutOfDepth(findings('tiny.en'), detected, unsure, 23_999), 'too little audio');
    t.notOk(selector.isOutOfDepth(findings('tiny.en'), detected, sureHypothesis([]), 24_000), 'it is sure');
    t.notOk(selector.isOutOfDepth(findings(undefined), detected, unsure, 24_000), 'the own model is what there is');
    t.notOk(selector.isOutOfDepth(findings('tiny.en'), ENGLISH, unsure, 24_000), 'it is English');
  },
);
