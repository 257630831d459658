import t from 'tap';
import { describeSettings } from '../../../server/config/destinations.ts';
import { loadConfig } from '../../../server/config/load.ts';

t.test('every address that text is sent to is listed, without what may be a key in it', async (t) => {
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

t.test('an unused address is not listed', async (t) => {
  const loaded = loadConfig(['--config=', '--cleanup=rules', '--cleanup-url=https://clean.example/v1'], {});
  t.notMatch(describeSettings(loaded), 'clean.example');
});
