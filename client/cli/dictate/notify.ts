import { toPrintable } from '../../../protocol/printable.ts';
import type { Runner } from './runner.ts';

/** Tells the user something that they should see although they look at another window; standard error has it always. */
export class Notifier {
  readonly #runner: Runner;
  readonly #platform: NodeJS.Platform;
  readonly #say: (line: string) => void;

  constructor(runner: Runner, say: (line: string) => void, platform: NodeJS.Platform = process.platform) {
    this.#runner = runner;
    this.#say = say;
    this.#platform = platform;
  }

  /** For the terminal alone. */
  line(text: string): void {
    this.#say(text);
  }

  tell(told: string): void {
    this.#say(told);
    const text = toPrintable(told);
    const [command, ...args] =
      this.#platform === 'darwin'
        ? ['osascript', '-e', `display notification ${JSON.stringify(text)} with title "Sotto"`]
        : // Desktops take the body for markup.
          ['notify-send', '--app-name=Sotto', '--expire-time=6000', '--', 'Sotto', escapeMarkup(text)];
    if (this.#platform === 'win32' || !this.#runner.has(command!)) return;
    void this.#runner.run(command!, args, { output: 'none', timeoutMs: 2_000 });
  }
}

const escapeMarkup = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
