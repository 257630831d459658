import t from 'tap';
import type { Fault } from '../../../protocol/index.ts';
import { readFlags } from '../../../server/config/flags.ts';
import { editDistance, suggestName } from '../../../server/config/suggestion.ts';

function read(...args: string[]) {
  const problems: Fault[] = [];
  const flags = readFlags(args, problems);
  return { flags: Object.fromEntries(flags), problems: problems.map(({ code, message }) => `${code}: ${message}`) };
}

t.test('every way to write a flag', async (t) => {
  const { flags, problems } = read(
    ...['--port', '80', '--host=::1', '--journal', '--no-offline', '--insecure=no', '--config=', '--model', '--x'],
  );
  t.same(problems, []);
  t.same(flags, {
    ...{ port: '80', host: '::1', journal: 'true', offline: 'false', insecure: 'no', config: '' },
    // A value may begin with dashes, as a path may.
    model: '--x',
  });
  t.same(read('--port', '1', '--port', '2').flags, { port: '2' }, 'the last counts');
  t.same(read('--small-model=a=b').flags, { 'small-model': 'a=b' });
});

t.test('what is no flag is a problem of its own, with the one that was meant', async (t) => {
  const problemsOf = (...args: string[]): number => read(...args).problems.length;
  t.match(read('--prot', '1', '--host', 'x'), {
    flags: { host: 'x' },
    problems: [/^config.unknown: .*--prot.*--port/],
  });
  t.match(read('--modle=tiny').problems, [/^config.unknown: .*did you mean --model\?/]);
  t.match(read('--no-jurnal').problems, [/did you mean --journal\?/]);
  t.match(read('--whatever').problems, [/see `sotto serve --help`/]);
  t.match(read('8080').problems, [/^config.unknown: .*8080/]);
  t.match(read('--port').problems, [/^config.value: .*port.*missing/]);
  t.equal(problemsOf('--prot', '1'), 1, 'what follows an unknown flag is its value');
  t.equal(problemsOf('--prot=1', '2'), 2, 'unless it has one already');
  t.equal(problemsOf('-p8080'), 1, 'short flags are one argument');
  t.equal(problemsOf('--no-host', 'x'), 1, 'only a switch has a `no`');
  t.equal(problemsOf('--journal', 'false'), 1, 'a switch takes its value behind `=`');
  for (const name of ['__proto__', 'constructor', 'toString'])
    t.equal(problemsOf(`--${name}`, '1'), 1, `${name} is no option`);
});

t.test('a suggestion is near enough to be a typing mistake, or part of a name', async (t) => {
  t.equal(editDistance('prot', 'port'), 1);
  t.equal(editDistance('', 'abc'), 3);
  t.equal(editDistance('kitten', 'sitting'), 3);
  t.equal(suggestName('modle', ['host', 'model']), 'model');
  t.equal(suggestName('sessions', ['sessions-max', 'sessions-per-key']), 'sessions-max');
  t.equal(suggestName('banana', ['host', 'port']), undefined);
  t.equal(suggestName('', ['host']), undefined);
});
