// What the build tells whoever watches an install.
import { closeSync, openSync, writeSync } from 'node:fs';

const PREFIX = 'sotto: native engine: ';
const ERASE_LINE = '\r\x1b[K';
const LINE_UP = '\x1b[1A';

/**
 * One line on standard output. On a terminal it is rewritten in place with the percentage that is done. npm hides what
 * an install script prints, and `npx sotto` runs the script when it links the checkout for the first time: a build that
 * npm runs also rewrites a line on the terminal itself, above npm's spinner.
 */
export class BuildProgress {
  #what = '';
  #percent = -1;
  #terminal;
  #isTerminal = process.stdout.isTTY === true;

  /** Announces work that takes a while. */
  begin(what) {
    this.#what = what;
    if (this.#isTerminal) return this.update(0);
    process.stdout.write(`${PREFIX}${what} ... `);
    if (process.env.npm_lifecycle_event === undefined) return;
    try {
      this.#terminal = openSync('/dev/tty', 'w');
    } catch {
      // There is no terminal, or the system has none under this name.
      return;
    }
    this.update(0);
  }

  /** @param {number} share Of the work that is done, 0 to 1. */
  update(share) {
    const percent = Math.floor(share * 100);
    if (percent === this.#percent) return;
    const isFirst = this.#percent < 0;
    this.#percent = percent;
    const text = `${PREFIX}${this.#what} ... ${percent} %`;
    if (this.#isTerminal) process.stdout.write(`${ERASE_LINE}${text}`);
    // The spinner stands on the line below.
    else if (this.#terminal !== undefined) writeSync(this.#terminal, `${isFirst ? '' : LINE_UP}${ERASE_LINE}${text}\n`);
  }

  /** Says the result and ends the line. */
  end(result) {
    const hasBegun = this.#what !== '';
    if (this.#isTerminal) process.stdout.write(`${hasBegun ? ERASE_LINE : ''}${PREFIX}${result}\n`);
    else process.stdout.write(`${hasBegun ? '' : PREFIX}${result}\n`);
    if (this.#terminal === undefined) return;
    writeSync(this.#terminal, `${LINE_UP}${ERASE_LINE}${PREFIX}${result}\n`);
    closeSync(this.#terminal);
  }
}
