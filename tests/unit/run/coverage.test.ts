import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { Coverage, describeCoverage } from '../../run/coverage.ts';

const count = (covered: number, total: number) => ({ covered, total });
const file = (lines: readonly [number, number], branches: readonly [number, number]) => ({
  ...{ lines: count(...lines), branches: count(...branches) },
});

t.test('folders are summed, and the files that the tests reach least are named, worst first', async (t) => {
  const text = describeCoverage(
    new Map([
      ['server/core/audio/pcm.ts', file([90, 100], [1, 2])],
      ['server/core/audio/ring.ts', file([10, 100], [0, 2])],
      ['server/core/time.ts', file([8, 8], [0, 0])],
      ['protocol/index.ts', file([0, 4], [0, 0])],
    ]),
  );
  const lines = text.split('\n').map((line) => line.replace(/ +/g, ' ').trim());
  const folders = ['protocol 0.0 % 100.0 %', 'server/core 100.0 % 100.0 %', 'server/core/audio 50.0 % 25.0 %'];
  t.same(lines.slice(1, 5), [...folders, 'all 50.9 % 25.0 %']);
  const least = ['protocol/index.ts 0.0 % 100.0 %', 'server/core/audio/ring.ts 10.0 % 0.0 %'];
  t.same(lines.slice(7), [...least, 'server/core/audio/pcm.ts 90.0 % 50.0 %']);
});

t.test('only our own compiled code is taken from what the processes of a file left', async (t) => {
  const compiled = t.testdir({});
  const coverage = new Coverage(compiled);
  const folder = coverage.nextFolder();
  t.not(coverage.nextFolder(), folder, 'each file has a folder of its own');
  mkdirSync(folder, { recursive: true });
  const url = pathToFileURL(join(compiled, 'server/main.js')).href;
  const dump = {
    result: [
      { url, functions: [] },
      { url: 'node:fs', functions: [] },
    ],
    'source-map-cache': {},
  };
  writeFileSync(join(folder, 'one.json'), JSON.stringify(dump));
  writeFileSync(join(folder, 'torn.json'), '{"result":[');
  writeFileSync(join(folder, 'library.json'), JSON.stringify({ result: [{ url: 'file:///library.js' }] }));
  await coverage.take(folder);
  const taken = join(compiled, 'coverage/taken');
  t.same(readdirSync(taken), ['one.json']);
  t.same(JSON.parse(readFileSync(join(taken, 'one.json'), 'utf8')), { result: [{ url, functions: [] }] });
  t.throws(() => readdirSync(folder), 'and the rest is gone');
});

t.test('a file whose processes left nothing is no error', async (t) => {
  const coverage = new Coverage(t.testdir({}));
  await t.resolves(coverage.take(coverage.nextFolder()));
});
