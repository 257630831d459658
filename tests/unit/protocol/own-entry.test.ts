import t from 'tap';
import { Fault, getOwnEntry, hasOwnKey, isFault } from '../../../protocol/index.ts';

const PROTOTYPE_NAMES = ['constructor', '__proto__', 'toString', 'valueOf', 'hasOwnProperty'];

t.test('a table has its own entries and nothing of Object.prototype', async (t) => {
  const table = { known: 1 };
  t.equal(getOwnEntry(table, 'known'), 1);
  t.ok(hasOwnKey(table, 'known'));
  for (const name of PROTOTYPE_NAMES) {
    t.equal(getOwnEntry(table, name), undefined, name);
    t.notOk(hasOwnKey(table, name), name);
  }
});

t.test('an error that only looks like a fault is not one', async (t) => {
  t.ok(isFault(new Fault('auth.missing', {})));
  for (const code of PROTOTYPE_NAMES) t.notOk(isFault(Object.assign(new Error(''), { name: 'Fault', code })), code);
});
