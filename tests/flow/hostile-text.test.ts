import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { TranscriptsCli } from '../../client/cli/transcripts/transcripts.ts';
import { missingForDesktop, openDesktop, openTerminal } from '../support/desktop.ts';
import { Dictating } from '../support/dictating.ts';
import { commandFor, HOSTILE, openHostileServer, UNPRINTABLE } from '../support/hostile-server.ts';
import { runCli } from '../support/run-cli.ts';
import { until } from '../support/until.ts';

const sound = fileURLToPath(new URL('../fixtures/speech/short_01.wav', import.meta.url));
const noBreaks = (text: string): string => text.replaceAll('\n', '');

for (const format of ['text', 'jsonl', 'srt', 'vtt'])
  t.test(`transcribe --format ${format} prints nothing of a hostile server but text`, async (t) => {
    await using server = await openHostileServer(HOSTILE);
    const { out, err } = await runCli(['transcribe', sound, '--server', server.url, '--format', format]);
    t.match(out, /owned/, 'what it said is there');
    t.notMatch(noBreaks(out), UNPRINTABLE);
    t.notMatch(noBreaks(err), UNPRINTABLE);
    if (format === 'text') t.equal(out.trimEnd().split('\n').length, 2, 'a sentence is one line');
    if (format === 'jsonl')
      t.equal(
        out
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
          .find(({ type }) => type === 'final').text,
        HOSTILE,
        'and there nothing is lost',
      );
    for (const line of err.trim().split('\n')) t.match(line, /^(sotto: | {2}|Speak)/, 'no line passes for another');
  });

t.test('stored transcripts of a hostile server are listed, shown, exported and summed up as text', async (t) => {
  await using server = await openHostileServer(HOSTILE);
  const written: string[] = [];
  const transcripts = new TranscriptsCli({ server: server.url }, (text) => written.push(text));
  await transcripts.list({ limit: 1 });
  await transcripts.show('id');
  await transcripts.export('id', { format: 'md' });
  await transcripts.summarise('id');
  t.ok(written.length > 8);
  for (const text of written) t.notMatch(noBreaks(text), UNPRINTABLE);
  const [listing, snippet] = written;
  for (const line of [listing!, snippet!]) t.equal(line.split('\n').length, 2, 'an entry is one line');
  const { code, err } = await runCli(['transcripts', 'show', 'missing', '--server', server.url]);
  t.equal(code, 1);
  t.match(err, /^sotto: .*owned/);
  t.notMatch(noBreaks(err), UNPRINTABLE);
});

t.test(
  'on an X server: a hostile server runs nothing in the shell of the window that is dictated into',
  { skip: missingForDesktop('xterm', 'bash') ?? false },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sotto-shell-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const mark = join(folder, 'owned');
    await using server = await openHostileServer(
      `${commandFor(mark)} new line. New line. touch ${mark} new paragraph.`,
    );
    await using desktop = await openDesktop();
    await using terminal = await openTerminal(desktop, 'shell', ['bash', '--norc', '-i']);
    await using dictating = new Dictating({ DISPLAY: desktop.display });
    desktop.focus(terminal.window);
    for (const way of ['auto', 'type', 'paste']) {
      const args = ['--server', server.url, '--source', sound, '--insert', way, '--clean-wait-ms', '100'];
      t.equal(await dictating.start(...args), undefined, dictating.err);
      await dictating.ask({ verb: 'begin' });
      await until(async () => (await dictating.ask({ verb: 'status' })).status?.phase === 'idle');
      t.match(dictating.history.at(-1)?.text, /touch/, 'the server said it');
      await dictating.stop();
      // What stands in the line is let go; the shell then shows that it takes commands, all that came before included.
      const probe = join(folder, `alive-${way}`);
      desktop.press('ctrl+c');
      desktop.type(`touch ${probe}\n`);
      await until(() => existsSync(probe));
      t.notOk(existsSync(mark), `${way}: nothing was run`);
    }
  },
);
