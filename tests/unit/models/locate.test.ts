import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { getModelPath, resolveModel } from '../../../models/locate.ts';
import { findModel, MODELS } from '../../../models/registry.ts';
import { verifyFile } from '../../../models/verify.ts';

t.test('names are unique, and so are aliases', async (t) => {
  const names = MODELS.flatMap(({ name, aliases }) => [name, ...aliases]);
  t.equal(new Set(names).size, names.length);
});

t.test('the embedded models are the published files, bit for bit', async (t) => {
  for (const model of MODELS.filter(({ embedded }) => embedded))
    t.match(await verifyFile(getModelPath(model), model), { ok: true }, model.name);
});

t.test('a name, an alias and a path lead to a model', async (t) => {
  t.match(await resolveModel('base', { kind: 'speech' }), { name: 'base', multilingual: true });
  t.match(await resolveModel('tiny.en-q8_0', { kind: 'speech' }), { name: 'tiny.en', multilingual: false });
  const path = getModelPath(findModel('tiny.en')!);
  t.match(await resolveModel(path, { kind: 'speech' }), { path, multilingual: false });
});

t.test('what is unknown, absent, broken or of another kind is a clear fault', async (t) => {
  const broken = join(mkdtempSync(join(tmpdir(), 'sotto-')), 'x.bin');
  writeFileSync(broken, 'not a model');
  await t.rejects(resolveModel('nope', { kind: 'speech' }), { code: 'model.unknown' });
  await t.rejects(resolveModel('/nowhere/x.bin', { kind: 'speech' }), { code: 'model.absent' });
  await t.rejects(resolveModel(broken, { kind: 'speech' }), { code: 'model.corrupt' });
  await t.rejects(resolveModel('sotto-clean', { kind: 'speech' }), { code: 'model.unknown' });
  await t.rejects(resolveModel('https://example.com/../../etc/passwd', { kind: 'speech' }), { code: 'model.unknown' });
});
