import { fork } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { program } from '../../support/program.ts';

t.test('audio that uses up its processor time or memory ends its process', async (t) => {
  const { path, flags } = program('tests/support/greedy-decoder.ts');
  const start = (need: string) => fork(path, [need], { stdio: 'ignore', execArgv: [...flags] });
  for (const need of ['time', 'memory']) {
    const process = start(need);
    t.same(await once(process, 'exit'), [null, 'SIGKILL'], need);
  }
  const patient = start('neither');
  t.same(await once(patient, 'exit'), [0, null], 'and no other does');
});
