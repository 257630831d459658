import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ConfigError, isLoopback, loadConfig, needsKeys, toEnvironmentName } from '../../../server/config/load.ts';
import type { Option } from '../../../server/config/option.ts';
import { OPTIONS, type OptionName } from '../../../server/config/options.ts';

const NO_FILE = '--config=';
const entries = Object.entries(OPTIONS) as [OptionName, Option][];
/** These need others beside them. */
const TOGETHER: Readonly<Partial<Record<OptionName, readonly string[]>>> = {
  'vad-open': ['--vad-close=0.01'],
  'vad-close': ['--vad-open=0.99'],
  'endpoint-min-ms': ['--endpoint-max-ms=10000'],
  'endpoint-max-ms': ['--endpoint-min-ms=100'],
  'tls-cert': ['--tls-key=k'],
  'tls-key': ['--tls-cert=c'],
  'translate-with': ['--assistant-model=m'],
  'assistant-url': ['--assistant-model=m'],
  'wyoming-host': ['--insecure'],
};

/** A value that is not the default, as text and as it is read. */
function otherValue({ type, default: value, min, max, choices }: Option): readonly [text: string, read: unknown] {
  if (type === 'integer' || type === 'number') return value === max ? [`${min}`, min] : [`${max}`, max];
  if (type === 'boolean') return [String(!value), !value];
  if (type === 'list') return ['a, b', ['a', 'b']];
  const text = choices?.find((choice) => choice !== value) ?? 'other';
  return [text, text];
}

const problemsOf = (args: readonly string[], environment: NodeJS.ProcessEnv = {}): string[] => {
  try {
    loadConfig([NO_FILE, ...args], environment);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ code, message }) => `${code}: ${message}`);
  }
};

t.test('each option is read from a flag, the environment and a file', async (t) => {
  const file = join(t.testdir({}), 'sotto.json');
  for (const [name, option] of entries) {
    const [text, read] = otherValue(option);
    const beside = TOGETHER[name] ?? [];
    const flag = loadConfig([NO_FILE, ...beside, `--${name}=${text}`], {});
    t.same([flag.config[name], flag.sources[name]], [read, 'flag'], name);
    const variable = loadConfig([NO_FILE, ...beside], { [toEnvironmentName(name)]: text });
    t.same([variable.config[name], variable.sources[name]], [read, 'environment'], name);
    writeFileSync(file, JSON.stringify({ [name]: read }));
    const fromFile = loadConfig([`--config=${file}`, ...beside], {});
    t.same([fromFile.config[name], fromFile.sources[name], fromFile.file], [read, 'file', file], name);
  }
});

t.test('flags win over the environment, and that over a file', async (t) => {
  const file = join(t.testdir({ 'c.json': JSON.stringify({ port: 1, slots: 1, language: 'de' }) }), 'c.json');
  const environment = { SOTTO_CONFIG: file, SOTTO_PORT: '2', SOTTO_SLOTS: '2' };
  const { config, sources } = loadConfig(['--port', '3'], environment);
  t.match(config, { port: 3, slots: 2, language: 'de', model: 'auto' });
  t.match(sources, { port: 'flag', slots: 'environment', language: 'file', model: 'default' });
  t.ok(Object.isFrozen(config));
});

t.test('a number outside its bounds is refused, and its bounds are named', async (t) => {
  for (const [name, { type, min, max }] of entries) {
    if (type !== 'integer' && type !== 'number') continue;
    for (const text of [String(min! - 1), String(max! + 1), 'x', '', ' ', 'NaN', 'Infinity'])
      t.match(
        problemsOf([`--${name}=${text}`]),
        [new RegExp(`^config\\.value: .*from ${min} to ${max}`)],
        `${name} ${text}`,
      );
    if (type === 'integer') t.equal(problemsOf([`--${name}=${min! + 0.5}`]).length, 1, name);
  }
});

t.test('a text that is none of the choices is refused, and they are named', async (t) => {
  for (const [name, { choices }] of entries)
    if (choices !== undefined) t.match(problemsOf([`--${name}=nonsense`]), [choices.join(', ')], name);
});

t.test('flags have several forms', async (t) => {
  const read = (...args: readonly string[]) => loadConfig([NO_FILE, ...args], {}).config;
  t.equal(read('--journal').journal, true);
  t.equal(read('--no-journal').journal, false);
  t.equal(read('--journal=no').journal, false);
  t.equal(read('--offline=YES').offline, true);
  t.equal(read('--language', 'de').language, 'de');
  t.equal(loadConfig([NO_FILE, '--cleanup-url='], { SOTTO_CLEANUP_URL: 'x' }).config['cleanup-url'], undefined);
});

t.test('an option nobody knows is refused with the one that is most like it', async (t) => {
  t.match(problemsOf(['--langauge', '--model']), [/config\.unknown: .*--langauge/]);
  t.match(problemsOf(['--lang=de']), [/did you mean --language\?/]);
  t.match(problemsOf(['stray']), [/config\.unknown/]);
  t.match(problemsOf(['--port']), [/port.*missing/]);
  t.match(problemsOf(['--constructor=1']), [/config\.unknown/]);
});

t.test('all problems are reported together', async (t) => {
  t.equal(problemsOf(['--port=x', '--slots=-1', '--vad=none', '--nonsense']).length, 4);
});

t.test('a secret is never shown, not even a wrong one', async (t) => {
  const file = join(t.testdir({ 'c.json': JSON.stringify({ 'cleanup-key': 'hush', port: 'x' }) }), 'c.json');
  t.throws(() => loadConfig([`--config=${file}`], {}), { message: /^(?![\s\S]*hush)/ });
});

t.test('a file that cannot be used is a problem, unless nobody asked for it', async (t) => {
  const folder = t.testdir({ 'list.json': '[]', 'torn.json': '{', 'odd.json': '{"prot": 1}' });
  for (const name of ['list.json', 'torn.json'])
    t.throws(() => loadConfig([`--config=${join(folder, name)}`], {}), { message: /a JSON object/ }, name);
  t.throws(() => loadConfig([`--config=${join(folder, 'none.json')}`], {}), { message: /can be read/ });
  t.throws(() => loadConfig([`--config=${join(folder, 'odd.json')}`], {}), { message: /prot in .*odd\.json/ });
  t.equal(loadConfig([NO_FILE], {}).file, undefined);
});

t.test('options that do not go together are refused', async (t) => {
  for (const args of [
    ['--access=open', '--host=0.0.0.0'],
    ['--tls-cert=c'],
    ['--tls-key=k'],
    ['--tls-self-signed', '--tls-cert=c', '--tls-key=k'],
    ['--assistant-url=http://localhost/v1'],
    ['--translate-with=assistant'],
    ['--wyoming-host=0.0.0.0'],
    ['--endpoint-min-ms=2000', '--endpoint-max-ms=1000'],
    ['--vad-open=0.3', '--vad-close=0.4'],
  ])
    t.match(problemsOf(args), [/^config\.value/], args.join(' '));
  t.same(problemsOf(['--wyoming-host=0.0.0.0', '--wyoming-allow=10.0.0.1']), []);
});

t.test('only loopback addresses need no key, unless configured otherwise', async (t) => {
  for (const host of ['127.0.0.1', '127.8.0.1', '::1', 'localhost']) t.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '127.example.com', '10.0.0.1', 'localhost.example'])
    t.notOk(isLoopback(host), host);
  const needs = (...args: readonly string[]): boolean => needsKeys(loadConfig([NO_FILE, ...args], {}).config);
  t.notOk(needs());
  t.ok(needs('--access=keys'));
  t.ok(needs('--host=0.0.0.0'));
  t.notOk(needs('--host=0.0.0.0', '--insecure'));
  t.ok(needs('--host=0.0.0.0', '--insecure', '--access=keys'));
});
