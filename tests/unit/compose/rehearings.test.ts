import t from 'tap';
import { HearingModels } from '../../../server/compose/rehearings.ts';
import type { RecogniserInfo } from '../../../server/ports/recogniser.ts';

const INFO: RecogniserInfo = {
  ...{ engine: 'native', model: 'own', multilingual: false, slots: 2, realTimeFactor: 0.1, detail: '' },
  second: { model: 'own-second', multilingual: true },
};
const OWN = { own: 'own', small: undefined };

function open(info: Partial<RecogniserInfo> = {}, freeMb = 100_000) {
  const loaded: string[] = [];
  const recogniser = {
    load: async ({ name }: { readonly name: string }) => void loaded.push(name),
    unload: async () => void loaded.push('none'),
  };
  const models = new HearingModels({
    ...{ own: OWN, info: { ...INFO, ...info }, recogniser },
    countFreeBytes: () => freeMb * 1_048_576,
  });
  return { models, loaded };
}
const never = new AbortController().signal;

t.test('loaded models are taken as they are; one of the models folder is loaded for the job', async (t) => {
  const { models, loaded } = open();
  t.same(models.select(undefined), OWN);
  t.match(models.select('own'), { own: 'own', second: { name: 'own', isMultilingual: false } });
  const second = models.select('own-second');
  t.match(second, { second: { name: 'own-second', isMultilingual: true } });
  await models.load(second, never);
  await models.load(models.select(undefined), never);
  t.same(loaded, []);
  const base = models.select('base');
  t.match(base, { second: { name: 'base', isMultilingual: true } });
  await models.load(base, never);
  await models.release();
  t.same(loaded, ['base', 'none']);
});

t.test('what is not there, does not fit, or would hold up live speech is refused', async (t) => {
  const { models } = open();
  const present = ['own', 'own-second', 'base', 'tiny.en'];
  t.throws(() => models.select('large-v3-f99'), { code: 'rehear.model', data: { isKnown: false } });
  t.throws(() => models.select('sotto-clean'), { code: 'rehear.model', data: { isKnown: false } });
  t.throws(() => models.select('/etc/passwd'), { code: 'rehear.model' });
  try {
    models.select('/etc/passwd');
  } catch (error) {
    const { data } = error as { data: { present: string[] } };
    for (const name of present) t.ok(data.present.includes(name), name);
  }
  t.throws(() => open({}, 100).models.select('base'), { code: 'rehear.memory', data: { model: 'base', freeMb: 100 } });
  t.throws(() => open({ engine: 'stock' }).models.select(undefined), { code: 'rehear.absent' });
});
