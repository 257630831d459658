import { readFileSync } from 'node:fs';
import t from 'tap';
import { type LockedPackage, licenceProblems } from '../support/licences.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> };

t.test('no package of the server has a licence or state that nobody agreed to', async (t) => {
  t.same(licenceProblems(packages), []);
});

t.test(
  'a GPL, an AGPL, an unknown licence and a deprecated package are found, unless they are for development',
  async (t) => {
    const found = licenceProblems({
      '': { license: 'GPL-3.0' },
      'node_modules/a': { license: 'GPL-3.0-only' },
      'node_modules/x/node_modules/b': { license: 'AGPL-3.0' },
      'node_modules/c': {},
      'node_modules/d': { license: 'MIT', deprecated: 'use e' },
      'node_modules/e': { license: 'MIT AND GPL-2.0' },
      'node_modules/f': { license: '(MIT OR GPL-2.0)' },
      'node_modules/g': { license: 'GPL-2.0', dev: true },
    });
    t.same(
      found.map((line) => line[0]),
      ['a', 'b', 'c', 'd', 'e'],
    );
  },
);
