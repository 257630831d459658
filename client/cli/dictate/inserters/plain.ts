import { getOwnEntry } from '../../../../protocol/own-entry.ts';
import { UserError } from '../../output/user-error.ts';
import type { Inserter } from '../inserter.ts';
import type { Runner } from '../runner.ts';

/** Writes text to standard output as it arrives, one line for each dictation. */
export class StdoutInserter implements Inserter {
  readonly name = 'stdout';
  readonly canRemove = false;
  readonly canIdentifyWindow = true;
  readonly #write: (text: string) => void;
  #dictation = 0;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  async focus(): Promise<{ id: string; program: string }> {
    // A program name, because a line break executes nothing there.
    return { id: `stdout ${this.#dictation}`, program: 'standard output' };
  }

  begin(): void {
    this.#dictation++;
  }

  end(): void {
    this.#write('\n');
  }

  async insert(text: string): Promise<void> {
    this.#write(text);
  }

  async removeLast(): Promise<void> {
    throw new UserError('What is written to standard output cannot be taken back.');
  }

  async toClipboard(): Promise<void> {}

  async close(): Promise<void> {}
}

/** Programs that copy to the clipboard, in the order in which they are tried. */
const COPIERS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  wayland: [['wl-copy']],
  x11: [
    ['xclip', '-selection', 'clipboard', '-in'],
    ['xsel', '--clipboard', '--input'],
  ],
  macos: [['env', 'LC_CTYPE=UTF-8', 'pbcopy']],
  windows: [['clip.exe']],
};

/** Collects a dictation in the clipboard, for the user to paste. */
export class ClipboardInserter implements Inserter {
  readonly name: string;
  readonly canRemove = true;
  readonly canIdentifyWindow = true;
  readonly #runner: Runner;
  readonly #copier: readonly string[];
  #text = '';
  #dictation = 0;

  constructor(runner: Runner, display: string) {
    const copier = getOwnEntry(COPIERS, display)?.find(([command]) => runner.has(command!));
    if (copier === undefined)
      throw new UserError(
        display === 'wayland'
          ? 'wl-clipboard is needed for the clipboard; install it (apt install wl-clipboard).'
          : display === 'x11'
            ? 'xclip or xsel is needed for the clipboard; install one (apt install xclip).'
            : 'There is no clipboard here; use --to stdout.',
      );
    this.#runner = runner;
    this.#copier = copier;
    this.name = `clipboard (${copier[0] === 'env' ? 'pbcopy' : copier[0]})`;
  }

  async focus(): Promise<{ id: string; program: string }> {
    return { id: `clipboard ${this.#dictation}`, program: 'clipboard' };
  }

  /** Each dictation starts with an empty clipboard. */
  begin(): void {
    this.#dictation++;
    this.#text = '';
  }

  async insert(text: string): Promise<void> {
    await this.toClipboard(this.#text + text);
  }

  async removeLast(characters: number): Promise<void> {
    const segments = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(this.#text)];
    await this.toClipboard(
      segments
        .slice(0, -characters)
        .map(({ segment }) => segment)
        .join(''),
    );
  }

  async toClipboard(text: string): Promise<void> {
    this.#text = text;
    const [command, ...args] = this.#copier;
    const { code, stderr: errorText } = await this.#runner.run(command!, args, {
      // clip.exe detects Unicode by the byte order mark only.
      input: command === 'clip.exe' ? Buffer.from(`\ufeff${text}`, 'utf16le') : text,
      output: 'none',
    });
    if (code !== 0) throw new UserError(`${command} did not work: ${errorText || `exit ${code}`}.`);
  }

  async close(): Promise<void> {}
}
