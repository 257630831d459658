import { truncateSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { describeFile, getRankedModel } from '../../../models/present.ts';
import { describeHere, selectModels } from '../../../server/compose/select-models.ts';
import { loadConfig } from '../../../server/config/load.ts';
import { describeEngineBuild } from '../../../server/engine/machine.ts';
import { findNativeMismatch } from '../../../server/engine/native/locate.ts';

const BYTES = 264_464_607;
const folder = t.testdir();
const change = (name: string, value: string): void => {
  const before = process.env[name];
  process.env[name] = value;
  t.teardown(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
};
change('SOTTO_MODELS', folder);
const { config } = loadConfig(['--config='], {});
const { path } = getRankedModel('small-q8_0');

/** A file that begins like a model for all languages. */
function writeModel(bytes: number): void {
  const header = Buffer.alloc(48);
  header.writeInt32LE(0x67676d6c, 0);
  header.writeInt32LE(51_865, 4);
  writeFileSync(path, header);
  truncateSync(path, bytes);
}

/** What `auto` chooses when the larger model was quick here. */
function choose(engine: 'native' | 'stock'): string {
  const measured = { ...describeHere(config, engine), model: 'small-q8_0', file: describeFile(path), decodeS: 0.1 };
  return selectModels({ ...config, engine }, [measured]).model!;
}

t.test('a broken file is no choice, however quick it was', async (t) => {
  writeModel(BYTES);
  t.equal(choose('stock'), 'small-q8_0');
  writeModel(BYTES - 1);
  t.equal(choose('stock'), 'base');
});

const mismatch = findNativeMismatch();
const skip = mismatch !== undefined && `the native engine cannot run here: ${mismatch}`;

t.test('what the native engine took does not count where it cannot run', { skip }, async (t) => {
  writeModel(BYTES);
  const chosen = (kernels: string): string => {
    change('SOTTO_KERNELS', kernels);
    const measured = { ...describeHere(config, 'native'), model: 'small-q8_0', file: describeFile(path), decodeS: 0.1 };
    return selectModels(config, [measured]).model!;
  };
  t.equal(chosen(''), 'small-q8_0');
  t.equal(chosen('abacus'), 'base');
});

t.test('measurements with other kernels are others', async (t) => {
  change('SOTTO_KERNELS', '');
  const builds = ['', 'AVX2', 'NEON'].map((kernels) => {
    process.env.SOTTO_KERNELS = kernels;
    return describeEngineBuild('native');
  });
  t.equal(new Set(builds).size, 3);
});
