import { UserError } from '../../output/user-error.ts';
import { selectInsertionMethod, type Window } from '../core/window.ts';
import { type Inserter, type InserterSettings, REMOVE_STEP } from '../inserter.ts';
import type { Runner } from '../runner.ts';
import { type ClipboardAccess, ClipboardRestorer, type PlacedText, type SavedClipboard } from './clipboard-restorer.ts';
import { Ydotool } from './ydotool.ts';

export type Desktop = 'sway' | 'hyprland' | 'kde' | 'gnome' | 'other';

/** Wayland does not tell when the text was read; programs have been seen to take as long as this, ms. */
const SETTLE_MS = 400;
/** What wtype prints, with the same exit status as for every other failure. */
const NO_VIRTUAL_KEYBOARD = /virtual keyboard/i;

/** The compositor offers no virtual keyboard, which wtype needs to press any key. */
class NoVirtualKeyboardError extends UserError {}

/** Presses keys: wtype where the compositor supports it, elsewhere ydotool through the kernel. */
interface KeyPresser {
  paste(where: 'window' | 'terminal'): Promise<void>;
  type(text: string, enter: 'never' | 'ok'): Promise<void>;
  backspace(times: number): Promise<void>;
}

export class WaylandInserter implements Inserter {
  readonly name: string;
  readonly canRemove = true;
  readonly canIdentifyWindow: boolean;
  readonly #desktop: Desktop;
  readonly #runner: Runner;
  readonly #settings: InserterSettings;
  readonly #clipboard: ClipboardRestorer;
  #keys: KeyPresser;

  constructor(runner: Runner, settings: InserterSettings, desktop: Desktop) {
    this.#runner = runner;
    this.#settings = settings;
    this.#desktop = desktop;
    if (!runner.has('wl-copy') || !runner.has('wl-paste'))
      throw new UserError('wl-clipboard is needed to insert text here; install it (apt install wl-clipboard).');
    const wtype = desktop !== 'gnome' && runner.has('wtype');
    if (!wtype && !runner.has('ydotool'))
      throw new UserError(
        desktop === 'gnome'
          ? 'ydotool is needed to insert text in GNOME; install it and start ydotoold (it needs /dev/uinput).'
          : 'wtype is needed to insert text here; install it (apt install wtype), or ydotool with ydotoold.',
      );
    this.#keys = wtype ? new Wtype(runner) : new Ydotool(runner);
    this.canIdentifyWindow = FOCUS_QUERIES[desktop] !== undefined && runner.has(FOCUS_QUERIES[desktop].command);
    this.name = `Wayland (${desktop}, wl-clipboard and ${wtype ? 'wtype' : 'ydotool'})`;
    this.#clipboard = new ClipboardRestorer(new WaylandClipboard(runner), {
      restoreMs: Math.max(settings.restoreMs, SETTLE_MS),
      settleMs: SETTLE_MS,
      takenMs: 0,
    });
  }

  async focus(): Promise<Window | undefined> {
    const sight = FOCUS_QUERIES[this.#desktop];
    if (sight === undefined) return undefined;
    const { code, out, stderr: errorText } = await this.#runner.run(sight.command, sight.args);
    if (code !== 0)
      throw new UserError(
        `${sight.command} does not tell which window has the focus (${errorText.split('\n')[0] || `exit ${code}`}); ${sight.advice}.`,
      );
    const window = sight.read(String(out));
    if (this.#desktop !== 'kde' || window === undefined) return window;
    const named = await this.#runner.run('kdotool', ['getwindowclassname', window.id]);
    return { id: window.id, program: String(named.out).trim() || undefined };
  }

  async insert(text: string, window: Window | undefined): Promise<void> {
    if (this.#settings.way === 'type') return this.#press((keys) => keys.type(text, this.#settings.enter));
    const where = selectInsertionMethod(window?.program) === 'paste' ? 'window' : 'terminal';
    const done = await this.#clipboard.paste(text, () => this.#press((keys) => keys.paste(where)));
    if (done === 'kept') await this.#press((keys) => keys.type(text, this.#settings.enter));
  }

  async removeLast(characters: number): Promise<void> {
    for (let left = characters; left > 0; left -= REMOVE_STEP)
      await this.#press((keys) => keys.backspace(Math.min(left, REMOVE_STEP)));
  }

  toClipboard(text: string): Promise<void> {
    return this.#clipboard.keepText(text);
  }

  close(): Promise<void> {
    return this.#clipboard.close();
  }

  /** Presses keys. Switches to ydotool when the compositor has no virtual keyboard, which shows at the first key. */
  async #press(press: (keys: KeyPresser) => Promise<void>): Promise<void> {
    try {
      await press(this.#keys);
    } catch (error) {
      if (!(error instanceof NoVirtualKeyboardError)) throw error;
      if (!this.#runner.has('ydotool'))
        throw new UserError('This desktop lets wtype press no keys; install ydotool and start ydotoold.');
      this.#keys = new Ydotool(this.#runner);
      await press(this.#keys);
    }
  }
}

interface FocusQuery {
  readonly command: string;
  readonly args: readonly string[];
  readonly read: (out: string) => Window | undefined;
  readonly advice: string;
}

/** How to query the focused window on each desktop. */
const FOCUS_QUERIES: Readonly<Partial<Record<Desktop, FocusQuery>>> = {
  sway: { command: 'swaymsg', args: ['-t', 'get_tree'], read: parseSwayTree, advice: 'is sway running?' },
  hyprland: {
    command: 'hyprctl',
    args: ['activewindow', '-j'],
    read: parseHyprlandWindow,
    advice: 'is Hyprland running?',
  },
  kde: {
    command: 'kdotool',
    args: ['getactivewindow'],
    read: (out) => named(out.trim()),
    advice: 'is Plasma running?',
  },
  gnome: {
    command: 'gdbus',
    args: [
      ...['call', '--session', '--dest', 'org.gnome.Shell'],
      ...['--object-path', '/org/gnome/shell/extensions/FocusedWindow'],
      ...['--method', 'org.gnome.shell.extensions.FocusedWindow.Get'],
    ],
    read: parseGnomeWindow,
    advice: 'install the GNOME extension "Focused Window D-Bus", or allow any window with --any-window',
  },
};

const named = (id: string, program?: string): Window | undefined => (id === '' ? undefined : { id, program });

interface Node {
  readonly id?: number;
  readonly focused?: boolean;
  readonly type?: string;
  readonly app_id?: string | null;
  readonly window_properties?: { readonly class?: string };
  readonly nodes?: readonly Node[];
  readonly floating_nodes?: readonly Node[];
}

function parseSwayTree(out: string): Window | undefined {
  const focused = (node: Node): Node | undefined =>
    node.focused === true
      ? node
      : [...(node.nodes ?? []), ...(node.floating_nodes ?? [])].map(focused).find((each) => each !== undefined);
  const node = focused(JSON.parse(out) as Node);
  // An empty workspace can have the focus as well.
  if (node?.id === undefined || !/con$/.test(node.type ?? '')) return undefined;
  return named(String(node.id), node.app_id ?? node.window_properties?.class);
}

function parseHyprlandWindow(out: string): Window | undefined {
  const { address, class: program } = JSON.parse(out) as { address?: string; class?: string };
  return named(address ?? '', program);
}

/** `('{"id": 1, "wm_class": "firefox"}',)` */
function parseGnomeWindow(out: string): Window | undefined {
  const json = /^\('(.*)',\)$/s.exec(out.trim())?.[1]?.replaceAll("\\'", "'").replaceAll('\\\\', '\\');
  if (json === undefined) return undefined;
  const { id, wm_class: program } = JSON.parse(json) as { id?: number; wm_class?: string };
  return named(id === undefined ? '' : String(id), program);
}

class Wtype implements KeyPresser {
  readonly #runner: Runner;

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  paste(where: 'window' | 'terminal'): Promise<void> {
    return this.#do(
      where === 'window'
        ? ['-M', 'ctrl', 'v', '-m', 'ctrl']
        : ['-M', 'ctrl', '-M', 'shift', 'v', '-m', 'shift', '-m', 'ctrl'],
    );
  }

  async type(text: string, enter: 'never' | 'ok'): Promise<void> {
    const pressed = enter === 'ok' ? ['-k', 'Return'] : ['-M', 'shift', '-k', 'Return', '-m', 'shift'];
    for (const [at, line] of text.split('\n').entries()) {
      if (at > 0) await this.#do(pressed);
      if (line !== '') await this.#do(['-d', '4', '-'], line);
    }
  }

  backspace(times: number): Promise<void> {
    return this.#do(Array.from({ length: times }, () => ['-k', 'BackSpace']).flat());
  }

  async #do(args: readonly string[], input = ''): Promise<void> {
    const { code, stderr: errorText } = await this.#runner.run('wtype', args, { input, timeoutMs: 20_000 });
    if (code === 0) return;
    const Problem = NO_VIRTUAL_KEYBOARD.test(errorText) ? NoVirtualKeyboardError : UserError;
    throw new Problem(`wtype did not work: ${errorText.split('\n').at(-1) || `exit ${code}`}.`);
  }
}

const RESTORABLE_TYPES = [
  'image/png',
  'x-special/gnome-copied-files',
  'text/uri-list',
  'text/plain;charset=utf-8',
  'UTF8_STRING',
  'text/plain',
];

class WaylandClipboard implements ClipboardAccess {
  readonly #runner: Runner;

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  async inspect(): Promise<SavedClipboard | 'empty' | undefined> {
    const types = await this.#runner.run('wl-paste', ['--list-types']);
    if (types.code !== 0 || types.out.length === 0) return 'empty';
    const offered = String(types.out).split('\n');
    const type = RESTORABLE_TYPES.find((form) => offered.includes(form));
    if (type === undefined) return undefined;
    const { code, out } = await this.#runner.run('wl-paste', ['--no-newline', '--type', type]);
    return code === 0 ? { type, bytes: out } : undefined;
  }

  async place(text: string): Promise<PlacedText> {
    await this.restore({ type: 'text/plain', bytes: Buffer.from(text) });
    const runner = this.#runner;
    return {
      reads: undefined,
      read: async () => true,
      isOurs: async () => String((await runner.run('wl-paste', ['--no-newline'])).out) === text,
      remove: () => void runner.run('wl-copy', ['--clear'], { output: 'none' }),
    };
  }

  async restore({ type, bytes }: SavedClipboard): Promise<void> {
    const typed = type === 'text/plain' ? [] : ['--type', type];
    const { code, stderr: errorText } = await this.#runner.run('wl-copy', typed, { input: bytes, output: 'none' });
    if (code !== 0) throw new UserError(`wl-copy did not work: ${errorText || `exit ${code}`}.`);
  }
}
