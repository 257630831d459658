import { join } from 'node:path';
import t from 'tap';
import { resolveDataFolder } from '../../../server/config/folders.ts';

t.test('the data folder is the option’s, else that of the user', async (t) => {
  t.equal(resolveDataFolder({ data: '/x' }, { XDG_DATA_HOME: '/data' }), '/x');
  t.equal(resolveDataFolder({ data: undefined }, { XDG_DATA_HOME: '/data' }), join('/data', 'sotto'));
  t.ok(resolveDataFolder({ data: undefined }, {}).endsWith(join('.local', 'share', 'sotto')));
});
