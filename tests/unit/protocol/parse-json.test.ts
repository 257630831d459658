import t from 'tap';
import { isFault, LIMITS, parseJson } from '../../../protocol/index.ts';

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const codeOf = (text: string, depthMax?: number): string => {
  try {
    parseJson(text, depthMax === undefined ? {} : { depthMax });
    return 'read';
  } catch (error) {
    return isFault(error) ? `${error.code}: ${error.message}` : `no fault: ${error}`;
  }
};

t.test('JSON is read up to the depth limit, and refused one level deeper', async (t) => {
  t.equal(codeOf(nested(LIMITS.jsonDepthMax)), 'read');
  t.match(codeOf(nested(LIMITS.jsonDepthMax + 1)), /^command\.unreadable: .*nested deeper than 32 levels/);
  t.equal(codeOf(`{"a":${'{"b":'.repeat(31)}1${'}'.repeat(31)}}`), 'read');
  t.match(codeOf(`{"a":${'{"b":'.repeat(32)}1${'}'.repeat(32)}}`), /nested deeper/);
  t.equal(codeOf(nested(3), 3), 'read');
  t.match(codeOf(nested(4), 3), /deeper than 3 levels/);
});

t.test('depth counts the open levels, not all that were opened', async (t) => {
  t.equal(codeOf(`[${Array(10_000).fill('[]').join(',')}]`), 'read');
});

t.test('brackets in strings do not count, however the string is escaped', async (t) => {
  for (const text of ['['.repeat(500), '"['.repeat(500), '\\"['.repeat(500), '\\\\'.repeat(500), '\u2028{'.repeat(500)])
    t.same(parseJson(JSON.stringify({ text, [text]: [text] })), { text, [text]: [text] });
  // The string ends before the brackets: its last sign is an escaped backslash.
  t.match(codeOf(`["\\\\",${nested(40)}]`), /nested deeper/);
});

t.test('a million levels and other invalid input are faults, not crashes', async (t) => {
  for (const text of [nested(1_000_000), '['.repeat(1_000_000), `${'{"a":'.repeat(200_000)}`])
    t.match(codeOf(text), /^command\.unreadable: .*nested deeper/);
  for (const text of ['', '"', '"\\', ']'.repeat(9_000), '[}', `"${'\\'.repeat(100_001)}"`, 'undefined'])
    t.match(codeOf(text), /^command\.unreadable: .*not JSON/, text.slice(0, 20));
});

t.test('every value it reads can be written again, and has no foreign prototype', async (t) => {
  const value = parseJson('{"__proto__":{"polluted":true},"constructor":1}') as object;
  t.equal(JSON.stringify(value), '{"__proto__":{"polluted":true},"constructor":1}');
  t.equal(Object.getPrototypeOf(value), Object.prototype);
  t.equal((value as { polluted?: unknown }).polluted, undefined);
});
