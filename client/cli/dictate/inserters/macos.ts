import { UserError } from '../../output/user-error.ts';
import type { Window } from '../core/window.ts';
import { type Inserter, type InserterSettings, REMOVE_STEP } from '../inserter.ts';
import type { Runner } from '../runner.ts';
import { type ClipboardAccess, ClipboardRestorer, type PlacedText, type SavedClipboard } from './clipboard-restorer.ts';

const EVENTS = 'tell application "System Events" to';
const FRONT = `${EVENTS} get {unix id, name} of first application process whose frontmost is true`;
const PASTE = `${EVENTS} keystroke "v" using command down`;
const SETTLE_MS = 250;

/** Identifies programs, but not their windows, which macOS does not expose. */
export class MacInserter implements Inserter {
  readonly name = 'macOS (pbcopy, osascript)';
  readonly canRemove = true;
  readonly canIdentifyWindow = true;
  readonly #runner: Runner;
  readonly #clipboard: ClipboardRestorer;

  constructor(runner: Runner, settings: InserterSettings) {
    if (settings.way === 'type')
      throw new UserError('Text is only pasted on macOS: typing drops letters there; leave out --insert type.');
    this.#runner = runner;
    this.#clipboard = new ClipboardRestorer(new Pasteboard(runner), {
      restoreMs: settings.restoreMs,
      settleMs: SETTLE_MS,
      takenMs: 0,
    });
  }

  async focus(): Promise<Window | undefined> {
    const [, id, program] = /^(\d+), (.*)$/.exec((await this.#script(FRONT)).trim()) ?? [];
    return id === undefined ? undefined : { id, program };
  }

  async insert(text: string): Promise<void> {
    const done = await this.#clipboard.paste(text, async () => void (await this.#script(PASTE)));
    if (done === 'kept') throw new UserError('The clipboard holds what could not be put back; copy some text first.');
  }

  async removeLast(characters: number): Promise<void> {
    for (let left = characters; left > 0; left -= REMOVE_STEP) {
      const times = Math.min(left, REMOVE_STEP);
      await this.#script(`tell application "System Events"\nrepeat ${times} times\nkey code 51\nend repeat\nend tell`);
    }
  }

  toClipboard(text: string): Promise<void> {
    return this.#clipboard.keepText(text);
  }

  close(): Promise<void> {
    return this.#clipboard.close();
  }

  async #script(script: string): Promise<string> {
    const { code, out, stderr: errorText } = await this.#runner.run('osascript', ['-e', script]);
    if (code === 0) return String(out);
    if (/assistive|not allowed|1002|-1719|-25211|-1743/i.test(errorText))
      throw new UserError(
        'macOS does not let this terminal press keys; allow it in System Settings, Privacy & Security, Accessibility.',
      );
    throw new UserError(`osascript did not work: ${errorText.split('\n').at(-1) || `exit ${code}`}.`);
  }
}

class Pasteboard implements ClipboardAccess {
  readonly #runner: Runner;

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  async inspect(): Promise<SavedClipboard | 'empty' | undefined> {
    const { out } = await this.#runner.run('osascript', ['-e', 'clipboard info']);
    const kinds = String(out).trim();
    if (kinds === '') return 'empty';
    // pbcopy cannot restore pictures and files.
    if (!/utf8|string|text/i.test(kinds)) return undefined;
    return { type: 'text/plain', bytes: await this.#text() };
  }

  async place(text: string): Promise<PlacedText> {
    await this.restore({ type: 'text/plain', bytes: Buffer.from(text) });
    return {
      reads: undefined,
      read: async () => true,
      isOurs: async () => String(await this.#text()) === text,
      remove: () => void this.restore({ type: 'text/plain', bytes: Buffer.alloc(0) }),
    };
  }

  /** Programs that are not started from a terminal have no locale, and pbcopy then assumes Mac Roman. */
  async restore({ bytes }: SavedClipboard): Promise<void> {
    await this.#runner.run('env', ['LC_CTYPE=UTF-8', 'pbcopy'], { input: bytes, output: 'none' });
  }

  async #text(): Promise<Buffer> {
    return (await this.#runner.run('env', ['LC_CTYPE=UTF-8', 'pbpaste'])).out;
  }
}
