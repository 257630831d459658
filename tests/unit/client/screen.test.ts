import t from 'tap';
import { EMPTY_SCREEN, renderScreen } from '../../../client/cli/output/screen.ts';
import type { Sentence } from '../../../client/sdk/index.ts';

/** A terminal of so many columns: what is on it after these bytes, row by row. */
class Terminal {
  rows: string[] = [''];
  #row = 0;
  #column = 0;
  readonly #columns: number;

  constructor(columns: number) {
    this.#columns = columns;
  }

  write(bytes: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal is made of them.
    for (const part of bytes.matchAll(/\x1b\[(\d*)([A-Za-z])|[\s\S]/g)) {
      if (part[2] === 'A') this.#row = Math.max(0, this.#row - Number(part[1] || 1));
      else if (part[2] === 'J') this.#erase();
      else if (part[2] === undefined) this.#put(part[0]);
    }
  }

  #erase(): void {
    this.rows.length = this.#row + 1;
    this.rows[this.#row] = this.rows[this.#row]!.slice(0, this.#column);
  }

  #put(character: string): void {
    if (character === '\r') this.#column = 0;
    else if (character === '\n') this.#next();
    else {
      if (this.#column === this.#columns) this.#next();
      const row = this.rows[this.#row] ?? '';
      this.rows[this.#row] = row.slice(0, this.#column) + character + row.slice(this.#column + 1);
      this.#column++;
    }
  }

  #next(): void {
    this.#row++;
    this.#column = 0;
    this.rows[this.#row] ??= '';
  }
}

type OpenText = Pick<Sentence, 'stable' | 'tentative'>;
const open = (stable: string, tentative: string): OpenText => ({ stable, tentative });

t.test('the open sentence is redrawn in place and finished lines scroll above it', async (t) => {
  const terminal = new Terminal(12);
  let screen = EMPTY_SCREEN;
  const show = (finished: string[], sentence: OpenText | undefined): string[] => {
    const drawn = renderScreen(screen, finished, sentence, 12);
    screen = drawn.screen;
    terminal.write(drawn.bytes);
    return terminal.rows;
  };
  t.same(show([], open('', 'the')), ['the']);
  t.same(show([], open('the', ' cat sat on it')), ['the cat sat ', 'on it']);
  t.same(show([], open('the cat', ' sat')), ['the cat sat']);
  t.same(show(['The cat sat.'], open('', 'and')), ['The cat sat.', 'and']);
  t.same(show(['And left.'], undefined), ['The cat sat.', 'And left.', '']);
});
