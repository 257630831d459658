import { UserError } from '../../output/user-error.ts';
import { type InsertionMethod, selectInsertionMethod, type Window } from '../core/window.ts';
import { type Inserter, type InserterSettings, REMOVE_STEP } from '../inserter.ts';
import type { Runner, RunningProgram } from '../runner.ts';
import { type ClipboardAccess, ClipboardRestorer, type PlacedText, type SavedClipboard } from './clipboard-restorer.ts';
import { SpareKeys } from './x11-spare-keys.ts';

const CHUNK = 2_000;
const KEY_DELAY_MS = 2;
/** A program that has not read the text within this time has most likely not pasted it, ms. */
const TAKEN_MS = 2_000;
const SETTLE_MS = 120;
const NO_DISPLAY = /open display|creating new xdo/i;

export class X11Inserter implements Inserter {
  readonly name: string;
  readonly canRemove = true;
  readonly canIdentifyWindow = true;
  readonly #runner: Runner;
  readonly #settings: InserterSettings;
  readonly #clipboard: ClipboardRestorer | undefined;
  readonly #spareKeys: SpareKeys;
  #focusCommand: 'getactivewindow' | 'getwindowfocus' = 'getactivewindow';
  readonly #programs = new Map<string, string | undefined>();

  constructor(runner: Runner, settings: InserterSettings) {
    if (!runner.has('xdotool'))
      throw new UserError('xdotool is needed to insert text here; install it (apt install xdotool xclip).');
    if (settings.way === 'paste' && !runner.has('xclip'))
      throw new UserError('xclip is needed to paste text here; install it (apt install xclip).');
    this.#runner = runner;
    this.#settings = settings;
    this.#spareKeys = new SpareKeys(runner);
    if (settings.way !== 'type' && runner.has('xclip'))
      this.#clipboard = new ClipboardRestorer(new XClipboard(runner), {
        restoreMs: settings.restoreMs,
        settleMs: SETTLE_MS,
        takenMs: TAKEN_MS,
      });
    this.name = `X11 (xdotool, ${this.#clipboard === undefined ? 'typing' : 'pasting with xclip'})`;
  }

  async focus(): Promise<Window | undefined> {
    let found = await this.#runner.run('xdotool', [this.#focusCommand]);
    if (found.code !== 0 && this.#focusCommand === 'getactivewindow') {
      // Without a window manager there is no active window, but the X server still knows which window gets the keys.
      found = await this.#runner.run('xdotool', ['getwindowfocus']);
      if (found.code === 0) this.#focusCommand = 'getwindowfocus';
    }
    const id = String(found.out).trim();
    if (NO_DISPLAY.test(found.stderr)) throw new UserError('The X server cannot be reached; is DISPLAY set?');
    // 0 and 1 mean no window, and whichever is below the pointer.
    if (found.code !== 0 || !/^\d+$/.test(id) || Number(id) < 2) return undefined;
    if (!this.#programs.has(id)) this.#programs.set(id, await this.#program(id));
    return { id, program: this.#programs.get(id) };
  }

  async insert(text: string, window: Window | undefined): Promise<void> {
    const way = this.#selectMethod(window);
    if (way === 'type' || this.#clipboard === undefined) return this.#type(text);
    const shortcut = way === 'paste-terminal' ? 'ctrl+shift+v' : 'ctrl+v';
    const done = await this.#clipboard.paste(text, () => this.#do(['key', '--clearmodifiers', shortcut]));
    if (done === 'kept') return this.#type(text);
    if (done === 'untaken')
      throw new UserError(`${window?.program ?? 'The window'} did not take the text; it is in the clipboard.`);
  }

  async removeLast(characters: number): Promise<void> {
    for (let left = characters; left > 0; left -= REMOVE_STEP) {
      const keys = Array.from({ length: Math.min(left, REMOVE_STEP) }, () => 'BackSpace');
      await this.#do(['key', '--clearmodifiers', '--delay', `${KEY_DELAY_MS}`, ...keys]);
    }
  }

  async toClipboard(text: string): Promise<void> {
    if (this.#clipboard !== undefined) return this.#clipboard.keepText(text);
    throw new UserError('xclip is needed for the clipboard; install it (apt install xclip).');
  }

  async close(): Promise<void> {
    await this.#clipboard?.close();
    // What was typed is typed; a key that could not be cleared harms nobody.
    await this.#spareKeys.release().catch(() => {});
  }

  #selectMethod(window: Window | undefined): InsertionMethod {
    if (this.#settings.way === 'type') return 'type';
    const way = selectInsertionMethod(window?.program);
    return this.#settings.way === 'paste' && way === 'type' ? 'paste' : way;
  }

  /** Types text, passed on standard input: everybody on the machine can read command lines. */
  async #type(text: string): Promise<void> {
    const enter = this.#settings.enter === 'ok' ? 'Return' : 'shift+Return';
    for (const [at, line] of text.split('\n').entries()) {
      if (at > 0) await this.#do(['key', '--clearmodifiers', enter]);
      for (let from = 0; from < line.length; ) {
        let to = Math.min(line.length, from + CHUNK);
        if (/[\uD800-\uDBFF]/.test(line[to - 1]!)) to--;
        to = from + (await this.#spareKeys.prepare(line.slice(from, to)));
        await this.#do(['type', '--clearmodifiers', '--delay', `${KEY_DELAY_MS}`, '--file', '-'], line.slice(from, to));
        from = to;
      }
    }
  }

  async #do(args: readonly string[], input = ''): Promise<void> {
    const { code, stderr: errorText } = await this.#runner.run('xdotool', args, { input, timeoutMs: 20_000 });
    if (code !== 0) throw new UserError(`xdotool did not work: ${errorText.split('\n').at(-1) || `exit ${code}`}.`);
  }

  async #program(id: string): Promise<string | undefined> {
    if (!this.#runner.has('xprop')) return undefined;
    const { out } = await this.#runner.run('xprop', ['-id', id, 'WM_CLASS']);
    return /"([^"]*)"\s*$/.exec(String(out))?.[1];
  }
}

/** Formats that can be restored, in order of preference. */
const RESTORABLE_TYPES = ['image/png', 'x-special/gnome-copied-files', 'text/uri-list', 'UTF8_STRING', 'STRING'];
/** Lines that xclip prints before it waits for the first read. */
const PREAMBLE_LINES = 5;

class XClipboard implements ClipboardAccess {
  readonly #runner: Runner;

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  async inspect(): Promise<SavedClipboard | 'empty' | undefined> {
    const targets = await this.#read('TARGETS');
    if (targets === undefined || targets.length === 0) return 'empty';
    const offered = String(targets).split('\n');
    const type = RESTORABLE_TYPES.find((form) => offered.includes(form));
    const bytes = type && (await this.#read(type));
    return type === undefined || bytes === undefined || typeof bytes === 'string' ? undefined : { type, bytes };
  }

  async place(text: string): Promise<PlacedText> {
    const held = this.#runner.hold('xclip', ['-selection', 'clipboard', '-verbose'], text);
    if (!(await held.waitForLines(PREAMBLE_LINES - 1, 2_000))) {
      held.end();
      throw new UserError('xclip could not take the clipboard.');
    }
    return new XHolding(held);
  }

  async restore({ type, bytes }: SavedClipboard): Promise<void> {
    const target = type === 'text/plain' ? [] : ['-t', type];
    await this.#runner.run('xclip', ['-selection', 'clipboard', ...target, '-in'], { input: bytes, output: 'none' });
  }

  async #read(target: string): Promise<Buffer | undefined> {
    const { code, out } = await this.#runner.run('xclip', ['-selection', 'clipboard', '-t', target, '-o'], {
      timeoutMs: 1_000,
    });
    return code === 0 ? out : undefined;
  }
}

/** xclip ends when another program takes the clipboard, and prints a line for each read. */
class XHolding implements PlacedText {
  readonly #held: RunningProgram;

  constructor(held: RunningProgram) {
    this.#held = held;
  }

  async isOurs(): Promise<boolean> {
    return this.#held.isRunning;
  }

  get reads(): number {
    return this.#held.lines;
  }

  read(count: number, timeoutMs: number): Promise<boolean> {
    return this.#held.waitForLines(count, timeoutMs);
  }

  remove(): void {
    this.#held.end();
  }
}
