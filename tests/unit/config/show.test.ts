import { join } from 'node:path';
import t from 'tap';
import { describeSettings } from '../../../server/config/destinations.ts';
import { resolveDataFolder } from '../../../server/config/folders.ts';
import { loadConfig } from '../../../server/config/load.ts';
import { OPTIONS } from '../../../server/config/options.ts';
import { buildHelpText, buildOptionTable, showConfig } from '../../../server/config/show.ts';

t.test('help, table and `sotto config` name every option', async (t) => {
  const texts = { help: buildHelpText(), table: buildOptionTable(), shown: showConfig(loadConfig(['--config='], {})) };
  for (const [where, text] of Object.entries(texts))
    for (const name of Object.keys(OPTIONS))
      t.match(text, new RegExp(`(^|[ \`-])${name}\\b`, 'm'), `${where}: ${name}`);
});

t.test('a value is shown with where it came from, and a secret is hidden', async (t) => {
  const loaded = loadConfig(['--config=', '--port=9'], { SOTTO_ASSISTANT_KEY: 'hush' });
  const lines = showConfig(loaded)
    .split('\n')
    .map((line) => line.split(/\s+/));
  t.ok(lines.some((line) => line.join(' ') === 'port 9 flag'));
  t.ok(lines.some((line) => line.join(' ') === 'assistant-key (hidden) environment'));
  t.ok(lines.some((line) => line.join(' ') === 'allowed-origins none default'));
});

t.test('every address that words go to is told, without what may be a key in it', async (t) => {
  t.match(describeSettings(loadConfig(['--config='], {})), 'stay on this machine');
  const loaded = loadConfig(
    ['--config=', '--cleanup=openai', '--cleanup-url=https://me:hush@clean.example/v1?key=hush', '--assistant-model=m'],
    { SOTTO_ASSISTANT_URL: 'hush' },
  );
  const text = describeSettings(loaded);
  t.match(text, 'https://clean.example/v1 (cleanup-url, from --cleanup-url)');
  t.match(text, '(not an address) (assistant-url, from the environment)');
  t.notMatch(text, 'hush');
});

t.test('an address that is not used is not told', async (t) => {
  const loaded = loadConfig(['--config=', '--cleanup=rules', '--cleanup-url=https://clean.example/v1'], {});
  t.notMatch(describeSettings(loaded), 'clean.example');
});

t.test('the data folder is the option’s, else that of the user', async (t) => {
  t.equal(resolveDataFolder({ data: '/x' }, { XDG_DATA_HOME: '/data' }), '/x');
  t.equal(resolveDataFolder({ data: undefined }, { XDG_DATA_HOME: '/data' }), join('/data', 'sotto'));
  t.ok(resolveDataFolder({ data: undefined }, {}).endsWith(join('.local', 'share', 'sotto')));
});
