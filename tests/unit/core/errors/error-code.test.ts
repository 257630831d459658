import t from 'tap';
import { errorCode } from '../../../../server/core/errors/error-code.ts';

t.test('an error is named by its code, else by its name', async (t) => {
  t.equal(errorCode(Object.assign(new Error('x'), { code: 'ENOSPC' })), 'ENOSPC');
  t.equal(errorCode(new TypeError('x')), 'TypeError');
  t.equal(errorCode({ code: 'SQLITE_FULL' }), 'SQLITE_FULL');
});

t.test('anything else that was thrown is unknown, and is never quoted', async (t) => {
  for (const thrown of [undefined, null, 'words that were said', 7, {}, { code: 5 }, { name: Symbol('x') }])
    t.equal(errorCode(thrown), 'unknown');
});
