import { splitLongUnit } from './units.ts';

/** What is appended to the lines: a unit of text, or the first one of a new line. */
export interface Piece {
  readonly text: string;
  readonly space: boolean;
  readonly breakable: boolean;
  /** Begins a line whatever room is left: somebody else speaks. */
  readonly fresh?: boolean;
}

/** Punctuation that comes after its word was shown hangs into the margin: a word that was shown does not move. */
const HANGING_CHARS_MAX = 3;

/**
 * Text set into lines, greedily, a unit at a time.
 * Invariant: a line that is complete never changes, and what is in the open line is only appended to.
 */
export class LineLayout {
  readonly #fits: (line: string) => boolean;
  readonly #keep: number;
  #lines: string[] = [];
  /** Complete lines that are no longer kept. */
  #forgotten = 0;
  #open = '';

  constructor(fits: (line: string) => boolean, keep: number) {
    this.#fits = fits;
    this.#keep = keep;
  }

  /** Number of complete lines since the beginning; the open line has this index. */
  get count(): number {
    return this.#forgotten + this.#lines.length;
  }

  get open(): string {
    return this.#open;
  }

  /** A complete line, or undefined when it is not there yet or no longer kept. */
  line(index: number): string | undefined {
    return this.#lines[index - this.#forgotten];
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

  /** Ends the open line where it is. */
  complete(): void {
    if (this.#open === '') return;
    this.#lines.push(this.#open);
    this.#open = '';
    if (this.#lines.length > this.#keep) {
      this.#lines.shift();
      this.#forgotten++;
    }
  }

  /** The open line set again with more behind it, as it would come to stand; nothing changes. */
  continued(): LineLayout {
    const copy = new LineLayout(this.#fits, Number.POSITIVE_INFINITY);
    copy.#forgotten = this.count;
    copy.#open = this.#open;
    return copy;
  }
}
