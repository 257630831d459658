import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { X11Inserter } from '../../client/cli/dictate/inserters/x11.ts';
import { SystemRunner } from '../../client/cli/dictate/runner.ts';
import { missingForDesktop, openDesktop, openTerminal } from '../support/desktop.ts';
import { until } from '../support/until.ts';

const TEXT = 'Quick MAYQ: «Größe» ÀÉÎÕÜ Œuvre ça l’été – it’s 5€';
/** More different characters than there are spare keys. */
const MANY =
  '復興努力に対するリベラル派からの批判ではワシントンの内部関係者と思われる人物と復興契約を交わしたことに焦点を当てています';
const skip = missingForDesktop('xterm', 'setxkbmap', 'xmodmap') ?? false;

t.test(
  'typed text arrives in a terminal under each keyboard layout, every character and in order',
  { skip },
  async (t) => {
    await using desktop = await openDesktop();
    const file = join(mkdtempSync(join(tmpdir(), 'sotto-')), 'typed');
    await using terminal = await openTerminal(desktop, 'typed', ['sh', '-c', `cat > ${file}`]);
    const { DISPLAY } = process.env;
    process.env['DISPLAY'] = desktop.display;
    t.teardown(() => (DISPLAY === undefined ? delete process.env['DISPLAY'] : Object.assign(process.env, { DISPLAY })));
    desktop.focus(terminal.window);
    let want = '';
    for (const [layout, text] of [
      ...['us', 'fr', 'de', 'dvorak', 'ru'].map((each) => [each, TEXT] as const),
      ['us', MANY] as const,
    ]) {
      desktop.setLayout(layout);
      const inserter = new X11Inserter(new SystemRunner(), { enter: 'ok', way: 'type', restoreMs: 1 });
      await inserter.insert(`${text}\n`, await inserter.focus());
      await inserter.close();
      want += `${text}\n`;
      await until(() => readFileSync(file, 'utf8').split('\n').length === want.split('\n').length);
      t.equal(readFileSync(file, 'utf8').split('\n').at(-2), text, layout);
    }
  },
);
