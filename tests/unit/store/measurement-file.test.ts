import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { MeasurementFile } from '../../../server/store/measurement-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'sotto-measured-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const BASE = { machine: 'm', engine: 'e', options: '{}', model: 'base', file: 'f', decodeS: 0.2 };

t.test('two servers keep what both have measured', async (t) => {
  const one = new MeasurementFile(join(folder, 'new', 'folder'));
  const other = new MeasurementFile(join(folder, 'new', 'folder'));
  t.same(one.read(), []);
  one.add(BASE);
  other.add({ ...BASE, model: 'tiny.en', streams: 12, isLeast: false });
  t.match(one.read(), [
    { model: 'base', decodeS: 0.2 },
    { model: 'tiny.en', streams: 12 },
  ]);
});

t.test('a broken file counts as none, and is replaced', async (t) => {
  const file = new MeasurementFile(folder);
  file.add(BASE);
  const whole = readFileSync(file.path, 'utf8');
  const wrong = [
    '',
    whole.slice(0, -20),
    '[]',
    '{"version":2,"measurements":[]}',
    whole.replace('0.2', '-1'),
    whole.replace('0.2', '"0.2"'),
    `${whole}${' '.repeat(300_000)}`,
    `${'['.repeat(5_000)}`,
  ];
  for (const text of wrong) {
    writeFileSync(file.path, text);
    t.same(file.read(), [], text.slice(0, 60));
    file.add(BASE);
    t.match(file.read(), [{ model: 'base' }]);
  }
});
