import t from 'tap';
import { chooseInserter } from '../../../../client/cli/dictate/choose-inserter.ts';
import type { Window } from '../../../../client/cli/dictate/core/window.ts';
import { detectEnvironment } from '../../../../client/cli/dictate/environment.ts';
import type { Inserter, InserterSettings } from '../../../../client/cli/dictate/inserter.ts';
import { type Reply, ScriptedRunner } from '../../../support/scripted-runner.ts';

type Replies = readonly (readonly [call: RegExp, reply: Reply])[];

interface Place {
  readonly platform?: NodeJS.Platform;
  readonly environment?: Record<string, string>;
  readonly installed?: string;
  readonly replies?: Replies;
  readonly settings?: Partial<InserterSettings>;
  readonly target?: 'window' | 'clipboard' | 'stdout';
}

function open(place: Place): { inserter: Inserter; runner: ScriptedRunner; written: string[] } {
  const runner = new ScriptedRunner(place.installed ?? '', place.replies);
  const written: string[] = [];
  const inserter = chooseInserter({
    ...{ target: place.target ?? 'window', runner, write: (text) => written.push(text) },
    environment: detectEnvironment(place.environment ?? {}, place.platform ?? 'linux'),
    settings: { enter: 'never', way: 'auto', restoreMs: 1, ...place.settings },
  });
  return { inserter, runner, written };
}

const X11 = { environment: { DISPLAY: ':1' }, installed: 'xdotool xclip xprop' };
const SWAY = {
  environment: { WAYLAND_DISPLAY: 'wayland-1', DISPLAY: ':0', SWAYSOCK: '/s' },
  installed: 'wl-copy wl-paste wtype swaymsg xdotool xclip',
};
const GNOME = {
  environment: { XDG_SESSION_TYPE: 'wayland', XDG_CURRENT_DESKTOP: 'ubuntu:GNOME', DISPLAY: ':0' },
  installed: 'wl-copy wl-paste wtype ydotool gdbus',
};
const MAC = { platform: 'darwin' as const };
const WINDOWS = { platform: 'win32' as const };
const EDITOR: Window = { id: '7', program: 'gedit' };

t.test('X11: pastes by the clipboard, keeps it, and presses what the program pastes with', async (t) => {
  const had: Replies = [
    [/TARGETS/, 'TIMESTAMP\nUTF8_STRING\n'],
    [/UTF8_STRING -o/, 'mine'],
  ];
  const { inserter, runner } = open({ ...X11, replies: had });
  await inserter.insert('Hello.', EDITOR);
  await inserter.close();
  t.same(runner.calls, [
    'xclip -selection clipboard -t TARGETS -o',
    'xclip -selection clipboard -t UTF8_STRING -o',
    'hold xclip -selection clipboard -verbose < Hello.',
    'xdotool key --clearmodifiers ctrl+v',
    'xclip -selection clipboard -t UTF8_STRING -in < mine',
  ]);
});

t.test('X11: a terminal is pasted into with its own shortcut, xterm and Emacs are typed into', async (t) => {
  const pressed = async (program: string): Promise<string> => {
    const { inserter, runner } = open(X11);
    await inserter.insert('ls', { id: '7', program });
    await inserter.close();
    return runner.calls.find((call) => call.startsWith('xdotool'))!;
  };
  t.equal(await pressed('kitty'), 'xdotool key --clearmodifiers ctrl+shift+v');
  t.equal(await pressed('Gnome-terminal'), 'xdotool key --clearmodifiers ctrl+shift+v');
  t.equal(await pressed('XTerm'), 'xdotool type --clearmodifiers --delay 2 --file - < ls');
  t.equal(await pressed('Emacs'), 'xdotool type --clearmodifiers --delay 2 --file - < ls');
  t.equal(await pressed('firefox'), 'xdotool key --clearmodifiers ctrl+v');
});

t.test('X11: typing never presses Enter unless configured to; the text is not on a command line', async (t) => {
  const typed = async (enter: 'never' | 'ok'): Promise<string[]> => {
    const { inserter, runner } = open({ ...X11, settings: { way: 'type', enter } });
    await inserter.insert('One.\nTwo.', EDITOR);
    return runner.calls;
  };
  const type = 'xdotool type --clearmodifiers --delay 2 --file -';
  t.same(await typed('never'), [`${type} < One.`, 'xdotool key --clearmodifiers shift+Return', `${type} < Two.`]);
  t.same(await typed('ok'), [`${type} < One.`, 'xdotool key --clearmodifiers Return', `${type} < Two.`]);
});

t.test('X11: what was copied meanwhile stays, and what could not be put back is not touched', async (t) => {
  const copied = open(X11);
  await copied.inserter.insert('Hello.', EDITOR);
  copied.runner.held[0]!.isRunning = false;
  await copied.inserter.close();
  t.notOk(copied.runner.calls.some((call) => call.includes('-in')));
  const strange = open({ ...X11, replies: [[/TARGETS/, 'application/x-drawing']] });
  await strange.inserter.insert('Hello.', EDITOR);
  await strange.inserter.close();
  t.same(strange.runner.calls, [
    'xclip -selection clipboard -t TARGETS -o',
    'xdotool type --clearmodifiers --delay 2 --file - < Hello.',
  ]);
});

t.test('X11: text that no program reads is an error, and stays in the clipboard', async (t) => {
  const { inserter, runner } = open(X11);
  runner.readsPastes = false;
  await t.rejects(inserter.insert('Hello.', EDITOR), {
    message: 'gedit did not take the text; it is in the clipboard.',
  });
  await inserter.close();
  t.ok(runner.held[0]!.isRunning);
});

t.test('X11: the active window is reported with its program; nothing focused is no window', async (t) => {
  const active = open({
    ...X11,
    replies: [
      [/getactivewindow/, '8388610\n'],
      [/xprop/, 'WM_CLASS(STRING) = "navigator", "firefox"\n'],
    ],
  });
  t.same(await active.inserter.focus(), { id: '8388610', program: 'firefox' });
  t.same(active.runner.calls, ['xdotool getactivewindow', 'xprop -id 8388610 WM_CLASS']);
  const bare = open({
    ...X11,
    replies: [
      [/getactivewindow/, { code: 1, stderr: 'no _NET_ACTIVE_WINDOW' }],
      [/getwindowfocus/, '1\n'],
    ],
  });
  t.equal(await bare.inserter.focus(), undefined);
  const closed = open({ ...X11, replies: [[/./, { code: 1, stderr: "Error: Can't open display: (null)" }]] });
  await t.rejects(closed.inserter.focus(), /X server cannot be reached/);
});

t.test('X11: taking back is so many Backspaces', async (t) => {
  const { inserter, runner } = open(X11);
  await inserter.removeLast(3, EDITOR);
  t.same(runner.calls, ['xdotool key --clearmodifiers --delay 2 BackSpace BackSpace BackSpace']);
  await inserter.removeLast(450, EDITOR);
  t.same(
    runner.calls.slice(1).map((call) => call.split('BackSpace').length - 1),
    [200, 200, 50],
  );
});

t.test('Wayland comes before an X server inside it, which would lose the text without a word', async (t) => {
  t.match(open(SWAY).inserter.name, /^Wayland \(sway, .*wtype/);
  t.match(open({ ...GNOME }).inserter.name, /^Wayland \(gnome, .*ydotool/);
  t.match(open(X11).inserter.name, /^X11/);
});

t.test('sway: pastes with wtype, and puts the clipboard back if it is unchanged', async (t) => {
  let now = 'mine';
  const { inserter, runner } = open({ ...SWAY, replies: [[/--list-types/, 'text/plain;charset=utf-8\n']] });
  const run = runner.run.bind(runner);
  runner.run = async (command, args, options) => {
    const ran = await run(command, args, options);
    if (command === 'wl-copy') now = String(options?.input);
    return command === 'wl-paste' && !args.includes('--list-types') ? { ...ran, out: Buffer.from(now) } : ran;
  };
  await inserter.insert('Hello.', EDITOR);
  await inserter.insert('More.', { id: '8', program: 'foot' });
  await inserter.close();
  t.same(runner.calls, [
    'wl-paste --list-types',
    'wl-paste --no-newline --type text/plain;charset=utf-8',
    'wl-copy < Hello.',
    'wtype -M ctrl v -m ctrl',
    'wl-paste --no-newline',
    'wl-copy < More.',
    'wtype -M ctrl -M shift v -m shift -m ctrl',
    'wl-paste --no-newline',
    'wl-copy --type text/plain;charset=utf-8 < mine',
  ]);
});

t.test('sway and Hyprland, KDE and GNOME each tell the window their way', async (t) => {
  const tree = {
    type: 'root',
    nodes: [{ type: 'workspace', nodes: [{ type: 'con', id: 5, focused: true, app_id: 'foot' }] }],
  };
  const sway = open({ ...SWAY, replies: [[/get_tree/, JSON.stringify(tree)]] });
  t.same(await sway.inserter.focus(), { id: '5', program: 'foot' });
  const empty = open({
    ...SWAY,
    replies: [[/get_tree/, JSON.stringify({ type: 'root', nodes: [{ type: 'workspace', id: 3, focused: true }] })]],
  });
  t.equal(await empty.inserter.focus(), undefined);
  const hyprland = open({
    environment: { WAYLAND_DISPLAY: 'w', HYPRLAND_INSTANCE_SIGNATURE: 'x' },
    installed: 'wl-copy wl-paste wtype hyprctl',
    replies: [[/activewindow/, '{"address":"0x55","class":"kitty"}']],
  });
  t.same(await hyprland.inserter.focus(), { id: '0x55', program: 'kitty' });
  const kde = open({
    environment: { WAYLAND_DISPLAY: 'w', XDG_CURRENT_DESKTOP: 'KDE' },
    installed: 'wl-copy wl-paste wtype kdotool',
    replies: [
      [/getactivewindow/, '{abc}\n'],
      [/getwindowclassname \{abc\}/, 'org.kde.kate\n'],
    ],
  });
  t.same(await kde.inserter.focus(), { id: '{abc}', program: 'org.kde.kate' });
  const gnome = open({
    ...GNOME,
    replies: [[/FocusedWindow/, `('{"title":"it\\'s","wm_class":"firefox","id":42}',)\n`]],
  });
  t.same(await gnome.inserter.focus(), { id: '42', program: 'firefox' });
  const without = open({ ...GNOME, replies: [[/FocusedWindow/, { code: 1, stderr: 'UnknownMethod' }]] });
  await t.rejects(without.inserter.focus(), /install the GNOME extension "Focused Window D-Bus".*--any-window/);
  const other = open({ environment: { WAYLAND_DISPLAY: 'w' }, installed: 'wl-copy wl-paste wtype' });
  t.equal(other.inserter.canIdentifyWindow, false);
});

t.test('GNOME: both syntaxes of ydotool, by what it says of itself', async (t) => {
  const keys = async (help: string): Promise<string[]> => {
    const { inserter, runner } = open({ ...GNOME, replies: [[/key --help/, help]] });
    await inserter.insert('Hello.', EDITOR);
    await inserter.removeLast(2, EDITOR);
    return runner.calls.filter((call) => call.startsWith('ydotool key') && !call.includes('--help'));
  };
  t.same(await keys('Usage: key [OPTION]... [KEYCODES]...\n e.g. 28:1 28:0 means pressing Enter'), [
    'ydotool key 29:1 47:1 47:0 29:0',
    'ydotool key 14:1 14:0 14:1 14:0',
  ]);
  t.same(await keys('Usage: key [--delay <ms>] <key sequence> ...'), [
    'ydotool key ctrl+v',
    'ydotool key backspace backspace',
  ]);
});

t.test('a compositor without a virtual keyboard is found out, and ydotool is taken', async (t) => {
  const refused: Replies = [
    [/^wtype/, { code: 1, stderr: 'Compositor does not support the virtual keyboard protocol' }],
  ];
  const kde = { environment: { WAYLAND_DISPLAY: 'w', XDG_CURRENT_DESKTOP: 'KDE' }, replies: refused };
  const both = open({ ...kde, installed: 'wl-copy wl-paste wtype ydotool kdotool' });
  await both.inserter.insert('Hello.', EDITOR);
  t.equal(both.runner.calls.at(-1), 'ydotool key ctrl+v');
  const alone = open({ ...kde, installed: 'wl-copy wl-paste wtype kdotool' });
  await t.rejects(alone.inserter.insert('Hello.', EDITOR), /install ydotool and start ydotoold/);
});

t.test('macOS: pbcopy with its encoding, Cmd+V by System Events, and the program in front', async (t) => {
  const { inserter, runner } = open({
    ...MAC,
    replies: [
      [/clipboard info/, '«class utf8», 4'],
      [/pbpaste/, 'mine'],
      [/frontmost/, '812, Safari\n'],
    ],
  });
  t.same(await inserter.focus(), { id: '812', program: 'Safari' });
  await inserter.insert('Grüße.', EDITOR);
  t.same(runner.calls.slice(1), [
    'osascript -e clipboard info',
    'env LC_CTYPE=UTF-8 pbpaste',
    'env LC_CTYPE=UTF-8 pbcopy < Grüße.',
    'osascript -e tell application "System Events" to keystroke "v" using command down',
  ]);
  await inserter.removeLast(4, EDITOR);
  t.match(runner.calls.at(-1), /repeat 4 times\nkey code 51\n/);
  const denied = open({
    ...MAC,
    replies: [[/keystroke/, { code: 1, stderr: 'osascript is not allowed to send keystrokes. (1002)' }]],
  });
  await t.rejects(denied.inserter.insert('Hello.', EDITOR), /Privacy & Security, Accessibility/);
});

t.test('Windows: one PowerShell that looks at the window again, text over standard input', async (t) => {
  const { inserter, runner } = open({ ...WINDOWS, replies: [[/./, '1312 notepad\r\n']] });
  const script = (call: string): string =>
    Buffer.from(/-EncodedCommand (\S+)/.exec(call)![1]!, 'base64').toString('utf16le');
  t.same(await inserter.focus(), { id: '1312', program: 'notepad' });
  await inserter.insert('Grüße.', { id: '1312', program: 'notepad' });
  t.match(runner.calls[1], /^powershell\.exe -NoProfile -NonInteractive -STA -EncodedCommand \S+ < R3LDvMOfZS4=$/);
  t.match(script(runner.calls[1]!), /-ne '1312'\) \{ exit 3 \}[\s\S]*SendWait\('\^v'\)/);
  await inserter.removeLast(5, EDITOR);
  t.match(script(runner.calls[2]!), /SendWait\('\{BACKSPACE 5\}'\)/);
  const moved = open({ ...WINDOWS, replies: [[/./, { code: 3, stderr: '' }]] });
  await t.rejects(moved.inserter.insert('Hello.', EDITOR), /Another window/);
});

t.test('stdout and clipboard are everywhere', async (t) => {
  const stdout = open({ target: 'stdout' });
  await stdout.inserter.insert('Hello.', undefined);
  stdout.inserter.end?.();
  t.same(stdout.written, ['Hello.', '\n']);
  await t.rejects(stdout.inserter.removeLast(1, undefined), /cannot be taken back/);
  const clipboard = open({ ...X11, target: 'clipboard' });
  await clipboard.inserter.insert('One.', undefined);
  await clipboard.inserter.insert(' Two 👩‍🚀', undefined);
  await clipboard.inserter.removeLast(2, undefined);
  clipboard.inserter.begin?.();
  await clipboard.inserter.insert('New.', undefined);
  t.same(clipboard.runner.calls, [
    'xclip -selection clipboard -in < One.',
    'xclip -selection clipboard -in < One. Two 👩‍🚀',
    'xclip -selection clipboard -in < One. Two',
    'xclip -selection clipboard -in < New.',
  ]);
});

t.test('what is missing is one line that says what to install or allow', async (t) => {
  const cases: readonly [Place, RegExp][] = [
    [{ ...X11, installed: '' }, /^xdotool is needed .*apt install xdotool xclip\)\.$/],
    [{ ...X11, installed: 'xdotool', settings: { way: 'paste' } }, /^xclip is needed .*apt install xclip\)\.$/],
    [{ ...SWAY, installed: 'wtype' }, /apt install wl-clipboard/],
    [{ ...SWAY, installed: 'wl-copy wl-paste' }, /apt install wtype/],
    [{ ...GNOME, installed: 'wl-copy wl-paste wtype' }, /^ydotool is needed .*ydotoold .*\/dev\/uinput/],
    [{}, /^There is no desktop here .*--to stdout or --to clipboard\.$/],
    [{ target: 'clipboard' }, /--to stdout/],
    [{ ...X11, target: 'clipboard', installed: '' }, /xclip or xsel/],
    [{ ...MAC, settings: { way: 'type' } }, /--insert type/],
  ];
  for (const [place, message] of cases) t.throws(() => open(place), { message: message });
  const refused = open({
    ...GNOME,
    replies: [[/^ydotool key (?!--help)/, { code: 2, stderr: "failed to connect socket '/tmp/.ydotool_socket'" }]],
  });
  await t.rejects(refused.inserter.insert('Hello.', EDITOR), /start ydotoold/);
  const plain = open({ ...X11, installed: 'xdotool' });
  t.match(plain.inserter.name, /typing/, 'without xclip text is typed');
});
