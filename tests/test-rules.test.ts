import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { sourcesBelow } from './run/compile.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const sources = sourcesBelow(ROOT, 'tests').map((path) => ({ path, text: readFileSync(`${ROOT}/${path}`, 'utf8') }));

/** Paths of sources that hold a pattern, this file apart. */
function findUses(pattern: RegExp, allowed: readonly string[]): string[] {
  return sources
    .filter(({ path, text }) => pattern.test(text) && !allowed.includes(path) && path !== 'tests/test-rules.test.ts')
    .map(({ path }) => path);
}

t.test('every random case comes from the pinned seed', async (t) => {
  t.same(findUses(/'fast-check'/, ['tests/support/fast-check.ts']), [], 'import fc from tests/support/fast-check.ts');
  const unseeded = /Math\.random\(|[Ss]eed\w* = .*Date\.now\(/;
  // The slow run tries a new seed every day, and prints it.
  t.same(findUses(unseeded, ['tests/run/slow.ts']), [], 'use randomFrom(SEED) of tests/support');
});
