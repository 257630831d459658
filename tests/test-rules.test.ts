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

/** Files that set timers of their own, each with its reason. */
const TIMERS: Readonly<Record<string, string>> = {
  'tests/support/until.ts': 'the helpers themselves',
  'tests/support/fast-clock.ts': 'a clock',
  'tests/support/fuzz-server.ts': 'the bound of an answer',
  'tests/support/hostile-client.ts': 'how long a client stays',
  'tests/run/main.ts': 'the bound of a file',
  'tests/rooms.test.ts': 'the name, in a rule',
  'tests/unit/engine/native.test.ts': 'steps of a decode are counted while it runs',
};

t.test('nothing is awaited by sleeping: until() has a bound, and says what it waited for', async (t) => {
  // Benches pace what they send, and measure how long it takes.
  const timers = findUses(/\bsetTimeout\b|waitForTimeout|timers\/promises/, []).filter(
    (path) => !path.startsWith('tests/bench/'),
  );
  t.same(
    timers.filter((path) => TIMERS[path] === undefined),
    [],
    'use until, untilSettled, staysTrue or simulateDelay of tests/support/until.ts',
  );
  t.same(
    Object.keys(TIMERS).filter((path) => !timers.includes(path)),
    [],
    'the list of exceptions holds nothing that is gone',
  );
  t.same(findUses(/\b(const|let|function) until\b/, ['tests/support/until.ts']), [], 'there is one until');
});

t.test('every module of the core and of the options has a test file of its own', async (t) => {
  const tested = new Set(sources.map(({ path }) => path));
  const missing = ['server/core', 'server/config']
    .flatMap((folder) => sourcesBelow(ROOT, folder))
    .filter((path) => {
      const [, rest] = /^server\/(.*)\.ts$/.exec(path)!;
      return !tested.has(`tests/unit/${rest}.test.ts`) && holdsCode(readFileSync(`${ROOT}/${path}`, 'utf8'));
    });
  t.same(missing, []);
});

/** A module of types alone has nothing to test. */
const holdsCode = (text: string): boolean => /^(export )?(async )?(const|let|function|class) /m.test(text);
