import { splitLongUnit } from './units.ts';

/** What is appended to the lines: a unit of text, with how it joins what comes before. */
export interface Piece {
  readonly text: string;
  readonly space: boolean;
  readonly breakable: boolean;
  /** Begins a new line in any case, because somebody else speaks. */
  readonly fresh?: boolean;
}

/** Punctuation that arrives after its word was shown may extend into the margin: a word that was shown never moves. */
const HANGING_CHARS_MAX = 3;

/**
 * Wraps text into lines, greedily, one unit at a time.
 * Invariant: a complete line never changes, and the open line only grows.
 */
export class LineLayout {
  readonly #fits: (line: string) => boolean;
  readonly #keep: number;
  #lines: string[] = [];
  /** Number of complete lines that are no longer stored. */
  #removed = 0;
  #open = '';

  constructor(fits: (line: string) => boolean, keep: number) {
    this.#fits = fits;
    this.#keep = keep;
  }

  /** Number of complete lines since the beginning, which is the index of the open line. */
  get count(): number {
    return this.#removed + this.#lines.length;
  }

  get open(): string {
    return this.#open;
  }

  /** A complete line; undefined when it is not complete yet or no longer stored. */
  line(index: number): string | undefined {
    return this.#lines[index - this.#removed];
  }

  append(piece: Piece): void {
    if (piece.text === '') return;
    if (piece.fresh === true) this.complete();
    if (this.#open !== '') {
      const joined = this.#open + (piece.space ? ' ' : '') + piece.text;
      const glued = !piece.breakable && piece.text.length <= HANGING_CHARS_MAX;
      if (glued || this.#fits(joined)) {
        this.#open = joined;
        return;
      }
      this.complete();
    }
    const parts = this.#fits(piece.text) ? [piece.text] : splitLongUnit(piece.text, this.#fits);
    for (const part of parts) {
      this.complete();
      this.#open = part;
    }
  }

  /** Completes the open line as it is. */
  complete(): void {
    if (this.#open === '') return;
    this.#lines.push(this.#open);
    this.#open = '';
    if (this.#lines.length > this.#keep) {
      this.#lines.shift();
      this.#removed++;
    }
  }

  /** A copy that begins with the open line, to try out what would follow. The original does not change. */
  continued(): LineLayout {
    const copy = new LineLayout(this.#fits, Number.POSITIVE_INFINITY);
    copy.#removed = this.count;
    copy.#open = this.#open;
    return copy;
  }
}
