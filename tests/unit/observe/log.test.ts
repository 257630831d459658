import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { Fault } from '../../../protocol/index.ts';
import { describeErrorOrigin } from '../../../server/observe/log.ts';
import { program } from '../../support/program.ts';

t.test('an error in the log says what it was and where, and none of what its text quotes', async (t) => {
  const parse = (): unknown => JSON.parse('hush, said the patient');
  const thrown = (() => {
    try {
      return parse();
    } catch (cause) {
      return new Error('while reading hush\n    at hush (ws://x/?token=hush)', { cause });
    }
  })();
  const origin = JSON.stringify(describeErrorOrigin(thrown));
  t.match(describeErrorOrigin(thrown), { type: 'Error', cause: { type: 'SyntaxError' } });
  t.match(origin, /log\.test\.ts/, 'its frames are there');
  t.notMatch(origin, /hush/, 'also when its text looks like a frame');
});

t.test('a code is logged, and a thrown value that is not an error is not quoted', async (t) => {
  t.match(describeErrorOrigin(Object.assign(new Error('hush'), { code: 'ENOSPC' })), { type: 'Error', code: 'ENOSPC' });
  t.match(describeErrorOrigin(new Fault('auth.missing', {})), { type: 'Fault', code: 'auth.missing' });
  t.same(describeErrorOrigin('hush'), { type: 'string' });
});

t.test('errors that cause each other end', async (t) => {
  const one = new Error('one');
  one.cause = new Error('two', { cause: one });
  t.equal(JSON.stringify(describeErrorOrigin(one)).split('"cause"').length, 5);
});

const needsFullFile = existsSync('/dev/full') ? false : 'this system has no /dev/full';

t.test(
  'a log that cannot be written loses its lines, and whoever writes them goes on',
  { skip: needsFullFile },
  async (t) => {
    const { flags, path } = program('server/observe/log.ts');
    const source = `
    import { openLog } from '${pathToFileURL(path).href}';
    const log = openLog('info');
    for (let i = 0; i < 3; i++) log.warn({ i }, 'lost');
    console.log('went on');`;
    const args = [...flags, '--input-type=module', '--eval', source];
    const { stdout, status } = spawnSync('sh', ['-c', 'exec "$0" "$@" 2>/dev/full', process.execPath, ...args], {
      encoding: 'utf8',
    });
    t.match({ stdout, status }, { stdout: 'went on\n', status: 0 });
  },
);
