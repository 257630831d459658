import t from 'tap';
import {
  SIMPLIFIED,
  SIMPLIFIED_VARIANTS,
  TRADITIONAL,
  TRADITIONAL_VARIANTS,
} from '../../../../server/core/script/chinese-characters.ts';

t.test('each character has its counterpart, and none is its own', async (t) => {
  for (const [from, to] of [
    [TRADITIONAL, SIMPLIFIED],
    [TRADITIONAL_VARIANTS, SIMPLIFIED_VARIANTS],
  ] as const) {
    t.ok(from.length > 200);
    t.equal(from.length, to.length);
    t.same(
      [...from].filter((sign, i) => sign === to[i]),
      [],
    );
  }
  t.equal(new Set(TRADITIONAL + TRADITIONAL_VARIANTS).size, TRADITIONAL.length + TRADITIONAL_VARIANTS.length);
  t.equal(new Set(SIMPLIFIED).size, SIMPLIFIED.length);
});
