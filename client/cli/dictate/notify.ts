import { toPrintable } from '../../../protocol/printable.ts';
import type { Runner } from './runner.ts';

/** Notifies the user, who may be looking at another window, with a desktop notification. Standard error always has the text, too. */
export class Notifier {
  readonly #runner: Runner;
  readonly #platform: NodeJS.Platform;
  readonly #print: (print: string) => void;

  constructor(runner: Runner, print: (line: string) => void, platform: NodeJS.Platform = process.platform) {
    this.#runner = runner;
    this.#print = print;
    this.#platform = platform;
  }

  /** Prints a line in the terminal, without a notification. */
  line(text: string): void {
    this.#print(text);
  }

  notify(message: string): void {
    this.#print(message);
    const text = toPrintable(message);
    const [command, ...args] =
      this.#platform === 'darwin'
        ? ['osascript', '-e', `display notification ${JSON.stringify(text)} with title "Sotto"`]
        : // Desktops interpret the body as markup.
          ['notify-send', '--app-name=Sotto', '--expire-time=6000', '--', 'Sotto', escapeMarkup(text)];
    if (this.#platform === 'win32' || !this.#runner.has(command!)) return;
    void this.#runner.run(command!, args, { output: 'none', timeoutMs: 2_000 });
  }
}

const escapeMarkup = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
