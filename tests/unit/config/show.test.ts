import t from 'tap';
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
