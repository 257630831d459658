import t from 'tap';
import { chooseInserter } from '../../../../client/cli/dictate/choose-inserter.ts';
import { EMPTY_DICTIONARY, parseDictionary } from '../../../../client/cli/dictate/core/dictionary.ts';
import { selectLanguage } from '../../../../client/cli/dictate/core/language.ts';
import { chooseForm, Plan } from '../../../../client/cli/dictate/core/plan.ts';
import { type SpokenPiece, SpokenReader } from '../../../../client/cli/dictate/core/spoken.ts';
import { detectEnvironment } from '../../../../client/cli/dictate/environment.ts';
import { Notifier } from '../../../../client/cli/dictate/notify.ts';
import { TextInserter } from '../../../../client/cli/dictate/text-inserter.ts';
import { commandFor, UNPRINTABLE } from '../../../support/hostile-server.ts';
import { type Reply, ScriptedRunner } from '../../../support/scripted-runner.ts';

type Replies = readonly (readonly [call: RegExp, reply: Reply])[];

/** A keyboard, as xmodmap describes it, that has every character which may be typed here: ASCII, and the sign for what cannot be shown. */
const KEYS = [...Array.from({ length: 95 }, (_, i) => 0x20 + i), 0x100fffd]
  .map((keysym, i) => `  ${i + 9}  \t0x${keysym.toString(16)} (x)`)
  .join('\n');

/** Each desktop with a terminal that has the focus. */
const DESKTOPS: Readonly<
  Record<
    string,
    { platform?: NodeJS.Platform; environment?: Record<string, string>; installed?: string; replies: Replies }
  >
> = {
  'x11, xterm (typed)': {
    ...{ environment: { DISPLAY: ':1' }, installed: 'xdotool xclip xprop xmodmap' },
    replies: [
      [/getactivewindow/, '77'],
      [/xmodmap -pk/, KEYS],
      [/WM_CLASS/, 'WM_CLASS(STRING) = "xterm", "XTerm"'],
    ],
  },
  'x11, a program that nobody names': {
    ...{ environment: { DISPLAY: ':1' }, installed: 'xdotool xclip' },
    replies: [[/getactivewindow/, '77']],
  },
  'x11, kitty (pasted)': {
    ...{ environment: { DISPLAY: ':1' }, installed: 'xdotool xclip xprop' },
    replies: [
      [/getactivewindow/, '77'],
      [/WM_CLASS/, 'WM_CLASS(STRING) = "kitty", "kitty"'],
    ],
  },
  'sway, foot (wtype)': {
    environment: { WAYLAND_DISPLAY: 'wayland-1', SWAYSOCK: '/s' },
    installed: 'wl-copy wl-paste wtype swaymsg',
    replies: [
      [/swaymsg/, JSON.stringify({ nodes: [{ id: 3, type: 'con', focused: true, app_id: 'foot' }] })],
      // What lies in the clipboard cannot be put back, so text is typed.
      [/--list-types/, 'application/x-unknown\n'],
    ],
  },
  'gnome, ptyxis (ydotool)': {
    environment: { XDG_SESSION_TYPE: 'wayland', WAYLAND_DISPLAY: 'wayland-0', XDG_CURRENT_DESKTOP: 'GNOME' },
    installed: 'wl-copy wl-paste ydotool gdbus',
    replies: [[/gdbus/, `('{"id": 1, "wm_class": "org.gnome.Ptyxis"}',)`]],
  },
  'macOS, Terminal': { platform: 'darwin', replies: [[/frontmost/, '12, Terminal\n']] },
  'Windows Terminal': { platform: 'win32', replies: [[/powershell/, '42 WindowsTerminal\r\n']] },
};

const TEXT = `${commandFor('owned')} new line. Now new paragraph. \u000f\u001b[201~ls\r`;
const reader = new SpokenReader(selectLanguage('en'), EMPTY_DICTIONARY);

/** What programs were given: arguments, and input, of which Windows takes base64. */
function given(call: string): string {
  const [args = '', input = ''] = call.split(' < ');
  return call.startsWith('powershell') ? Buffer.from(input, 'base64').toString('utf8') : `${args} ${input}`;
}

for (const [name, { platform = 'linux', environment = {}, installed = '', replies }] of Object.entries(DESKTOPS))
  for (const pieces of [
    chooseForm(reader, TEXT, undefined).pieces,
    chooseForm(reader, 'ls', `ls ${TEXT}`).pieces,
    [
      { kind: 'words', text: TEXT },
      { kind: 'verbatim', text: `own\r\n${TEXT}` },
    ] as readonly SpokenPiece[],
  ])
    t.test(`${name}: neither Enter nor a control character is put in`, async (t) => {
      const runner = new ScriptedRunner(installed, replies);
      const inserter = chooseInserter({
        ...{ target: 'window', runner, write: () => {} },
        environment: detectEnvironment(environment, platform),
        settings: { enter: 'never', way: 'auto', restoreMs: 1 },
      });
      const messages: string[] = [];
      const textInserter = new TextInserter({
        ...{ inserter, record: () => {}, notify: (text) => messages.push(text) },
        settings: { enter: 'never', windows: 'same', revise: 'may', joinMs: 1_000, language: 'en' },
      });
      const target = await textInserter.findTarget();
      t.equal(target.clipboardReason, undefined, 'it goes into the window');
      await textInserter.insert(target, { sentence: '1', pieces, ids: ['1'] }, new AbortController().signal);
      await inserter.close();
      t.same(messages, []);
      const texts = runner.calls.map(given);
      t.ok(
        texts.some((text) => /owned|ls/.test(text)),
        'it was put in',
      );
      for (const text of texts) {
        t.notMatch(text, /Return/);
        if (!text.startsWith('osascript')) t.notMatch(text, UNPRINTABLE, JSON.stringify(text));
      }
    });

t.test('in an editor a break is put in where a command was spoken, and nowhere else', async (t) => {
  const pieces = chooseForm(reader, 'one\ntwo\r\nthree. New line. four', undefined).pieces;
  t.same(
    pieces.filter(({ kind }) => kind !== 'words'),
    [{ kind: 'break', text: '\n' }],
  );
  t.notMatch(
    pieces.map((piece) => ('text' in piece && piece.kind === 'words' ? piece.text : '')).join(''),
    UNPRINTABLE,
  );
});

t.test('words that grow are clean from the first to the last', async (t) => {
  const plan = new Plan({ dictation: 'd', mode: 'live', cleanWaitMs: 0, reader: () => reader, language: 'en' });
  const outputs = [
    ...plan.read({ kind: 'partial', sentence: 1, stable: 'ls\u001b[2J\r' }),
    ...plan.read({ kind: 'partial', sentence: 1, stable: 'ls\u001b[2J\r\nrm\u000f it' }),
    ...plan.read({ kind: 'final', sentence: 1, text: 'ls\u001b[2J\r\nrm\u000f it now.', language: 'en' }),
  ];
  const spoken = outputs.flatMap((output) => (output.kind === 'say' ? output.pieces : []));
  t.equal(spoken.map((piece) => ('text' in piece ? piece.text : '')).join(' '), 'ls[2J rm it now.');
});

t.test('a dictionary keeps the line breaks of snippets and no other control character', async (t) => {
  const text = JSON.stringify({ snippets: { sign: 'Yours\r\nAda\u001b[2J' }, replacements: { key: 'a\u0003b\nc' } });
  const outcome = parseDictionary(text);
  if (!('dictionary' in outcome)) return t.fail(outcome.problem);
  t.equal(outcome.dictionary.snippets.get('sign'), 'Yours\nAda[2J');
  t.equal(outcome.dictionary.replacements.get('key'), 'ab c');
});

t.test('a notice on the desktop is one line without markup', async (t) => {
  for (const platform of ['linux', 'darwin'] as const) {
    const runner = new ScriptedRunner('notify-send osascript');
    new Notifier(runner, () => {}, platform).notify('-x <a href="x">&\u001b[2J\n"; do shell script "id');
    t.equal(runner.calls.length, 1);
    t.notMatch(runner.calls[0], UNPRINTABLE);
    if (platform === 'linux') t.match(runner.calls[0], ' -- Sotto -x &lt;a href="x"&gt;&amp;[2J');
    else t.match(runner.calls[0], String.raw`\"; do shell script \"id"`);
  }
});
