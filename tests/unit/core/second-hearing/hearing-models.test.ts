import t from 'tap';
import { selectHearingModels } from '../../../../server/core/second-hearing/hearing-models.ts';
import type { PipelineOptions } from '../../../../server/core/session/settings.ts';

const MODELS: PipelineOptions['models'] = { own: 'base', small: 'tiny.en' };
const select = (language: string, change: Partial<typeof MODELS> = {}, model?: string) =>
  selectHearingModels(language, { model }, { ...MODELS, ...change });

t.test('the second model hears what it knows, else the one of the session', async (t) => {
  t.equal(select('en').model, undefined);
  t.equal(select('en', { isEnglishSmall: true }).model, 'tiny.en');
  t.equal(select('de', { isEnglishSmall: true }).model, undefined);
  t.equal(select('en', {}, 'tiny.en').model, 'tiny.en', 'pinned');
  t.equal(select('de', { second: { name: 'small', isMultilingual: true } }).model, 'small');
  t.equal(select('en', { second: { name: 'small.en', isMultilingual: false } }).model, 'small.en');
  t.equal(select('de', { second: { name: 'small.en', isMultilingual: false } }).model, undefined);
});

t.test('English is also heard by the other embedded model, unless somebody has named one', async (t) => {
  t.match(select('en'), { otherModel: 'tiny.en', isOtherBetter: false, name: 'base + tiny.en' });
  t.match(select('en', { isEnglishSmall: true }), { otherModel: 'base', isOtherBetter: true, name: 'tiny.en + base' });
  t.match(select('de'), { otherModel: undefined, name: 'base' });
  t.match(select('en', {}, 'base'), { otherModel: undefined, name: 'base' });
  t.equal(select('en', { small: undefined }).otherModel, undefined);
  t.match(select('en', { second: { name: 'small', isMultilingual: true } }), { otherModel: undefined, name: 'small' });
});
