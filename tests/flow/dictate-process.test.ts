import { appendFileSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { RunningServer } from '../../server/main.ts';
import { missingForDesktop, openDesktop, openTerminal, openTextField } from '../support/desktop.ts';
import { Dictating } from '../support/dictating.ts';
import { readRecordings } from '../support/recordings.ts';
import { openServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { wordErrorRate } from '../support/wer.ts';

const speech = fileURLToPath(new URL('../fixtures/speech', import.meta.url));
const recording = (file: string) => readRecordings(speech).find((each) => each.file === file)!;
const first = recording('short_01.wav');
const second = recording('vctk_p287_001_noisy.wav');
/** The name in it is not heard right. */
const CALL = /please call/i;
const toPattern = (text: string): RegExp => new RegExp(text.replace(/[.?]/g, '.?').replace(/ /g, '\\W+'), 'i');

let server: RunningServer;
t.before(async () => {
  server = await openServer('--model', 'tiny.en', '--cleanup', 'rules');
});
t.teardown(() => server.close());

/** Begins, lets the whole recording be said, and waits until it is inserted. */
async function dictate(dictating: Dictating): Promise<void> {
  await dictating.ask({ verb: 'begin' });
  await until(async () => (await dictating.ask({ verb: 'status' })).status?.phase === 'idle');
}

t.test('what was said and not inserted outlives a program that is killed', async (t) => {
  const bin = mkdtempSync(join(tmpdir(), 'sotto-'));
  // A desktop that takes no key for ever: the moment between a final and its insertion does not end.
  writeFileSync(join(bin, 'xdotool'), '#!/bin/sh\ncase $1 in get*) echo 77 ;; *) exec sleep 60 ;; esac\n', {
    mode: 0o755,
  });
  await using dictating = new Dictating({ DISPLAY: ':99', PATH: `${bin}:${process.env['PATH']}` });
  const sound = join(dictating.folder, 'data', 'sotto', 'dictation');
  const args = ['--server', server.url, '--source', second.path];
  t.equal(await dictating.start(...args, '--insert', 'type'), undefined, dictating.err);
  t.equal(statSync(join(dictating.folder, 'sotto', 'dictate.sock')).mode & 0o077, 0, 'others may not ask it');
  const twice = await dictating.verb(...args);
  t.match(twice, { code: 1, output: /^sotto: sotto dictate runs already/ });
  await dictating.ask({ verb: 'begin' });
  await until(() => dictating.history.length > 0);
  await dictating.kill();
  t.match(dictating.history, [{ raw: CALL, state: 'waiting' }]);
  const shown = await dictating.verb('history');
  t.match(shown, { code: 0, output: CALL }, 'the history can be read without an instance');
  await t.rejects(dictating.ask({ verb: 'begin' }), /not running; start it with/);

  // The sound of another, of which the first sentence had come when it was killed.
  for (const name of readdirSync(sound)) t.match(name, /\.wav$/, 'its own sound lies there, too');
  const wav = Buffer.concat([readFileSync(second.path), readFileSync(first.path).subarray(44)]);
  wav.writeUInt32LE(0xffffffff, 40);
  writeFileSync(join(sound, 'd0.wav'), wav);
  const known = { kind: 'said', id: 'd0.1', at: '', text: 'Please call Stella.', toMs: second.seconds * 1_000 };
  const done = { kind: 'state', id: 'd0.1', state: 'inserted' };
  appendFileSync(dictating.historyPath, [known, done].map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  t.equal(await dictating.start(...args, '--to', 'stdout'), undefined, 'the socket of the dead one is cleaned away');
  t.match(dictating.err, /said and not inserted; sotto dictate again inserts/);
  t.same(readdirSync(sound), [], 'sound that was heard is gone');
  t.match(await dictating.ask({ verb: 'again' }), { ok: true });
  t.match(dictating.out, toPattern(first.text));
  t.equal(
    dictating.out.match(/please call/gi)?.length,
    1,
    'what had been inserted before the crash is not inserted again',
  );
  t.ok(dictating.history.every(({ state }) => state === 'inserted'));
  t.match(await dictating.ask({ verb: 'stop' }), { ok: true });
});

const skip = missingForDesktop('xterm') ?? false;

t.test(
  'on an X server: what is said arrives in the focused field of a real program, and nowhere else',
  { skip },
  async (t) => {
    await using desktop = await openDesktop();
    await using field = await openTextField(desktop);
    await using dictating = new Dictating({ DISPLAY: desktop.display });
    const source = join(dictating.folder, 'source.wav');
    copyFileSync(first.path, source);
    desktop.copy('mine, copied before');
    t.equal(
      await dictating.start('--server', server.url, '--source', source, '--restore-ms', '300'),
      undefined,
      dictating.err,
    );

    await dictate(dictating);
    copyFileSync(second.path, source);
    await dictate(dictating);
    const want = dictating.history.map(({ text }) => text).join(' ');
    t.equal(await field.text(), want, 'the field holds what the server said, each sentence once');
    const { errors, words } = wordErrorRate(`${first.text} ${second.text}`, await field.text());
    t.comment(`word error rate ${((100 * errors) / words).toFixed(1)} %`);
    t.ok(errors / words < 0.3, 'and that is what was spoken');
    t.equal(await field.page.evaluate('window.enters'), 0, 'Enter was never pressed');
    await until(() => desktop.clipboard() === 'mine, copied before');
    t.match(await dictating.ask({ verb: 'undo' }), { ok: true });
    await until(async () => want.startsWith(await field.text()) && (await field.text()) !== want);

    const before = await field.text();
    const file = join(dictating.folder, 'typed');
    await using terminal = await openTerminal(desktop, 'elsewhere', ['sh', '-c', `cat > ${file}`]);
    desktop.focus(field.window);
    await dictating.ask({ verb: 'begin' });
    desktop.focus(terminal.window);
    await until(async () => (await dictating.ask({ verb: 'status' })).status?.phase === 'idle');
    t.match(desktop.clipboard(), CALL, 'text whose window lost the focus is in the clipboard');
    t.equal(dictating.history.at(-1)?.state, 'clipboard');
    t.equal(await field.text(), before);

    // Into the terminal itself it is typed; the line is ended here to see it.
    t.match(await dictating.ask({ verb: 'again' }), { ok: true });
    await until(() => desktop.press('Return') === undefined && readFileSync(file, 'utf8').trim() !== '');
    t.equal(
      readFileSync(file, 'utf8').trim(),
      dictating.history.at(-1)?.text,
      'once, and without what was not to go there',
    );
  },
);
