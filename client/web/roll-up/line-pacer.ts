export interface LinePacerOptions {
  /** Rows on the screen. */
  readonly rows: number;
  /** Highest reading speed, in characters a second. */
  readonly speed: number;
  /** Lines that may wait to be shown; beyond it, the oldest are skipped. */
  readonly waitingMax: number;
}

/** The lines, as far as the pacer needs to know them. */
export interface LineTimings {
  /** Number of lines, shown or waiting. */
  readonly count: number;
  /** Width of a line, columns. */
  columns(index: number): number;
  /** When the line's text last changed on screen, and by how many columns. */
  changed(index: number): { readonly atMs: number; readonly columns: number };
}

/** Number of waiting lines from which reading speed increases, and the most by which it does. */
const HURRY_LINES = 4;
const HURRY_FACTOR_MAX = 1.5;

/**
 * Decides when a line may appear: not before the line above it, and the last change in the line that scrolls out, can have been
 * read. The number of waiting lines is bounded.
 * Invariant: the lowest visible line never moves back.
 */
export class LinePacer {
  readonly #options: LinePacerOptions;
  /** Index of the lowest visible line, and since when it is visible. */
  bottom = -1;
  #sinceMs = Number.NEGATIVE_INFINITY;
  /** Lines skipped because too many waited. */
  skipped = 0;

  constructor(options: LinePacerOptions) {
    this.#options = options;
  }

  /** Shows further lines as far as `nowMs` allows. */
  advance(lines: LineTimings, nowMs: number): void {
    while ((this.nextMs(lines) ?? Number.POSITIVE_INFINITY) <= nowMs) this.#show(nowMs);
    for (; lines.count - 1 - this.bottom > this.#options.waitingMax; this.skipped++) this.#show(nowMs);
  }

  /** When the next waiting line may be shown; undefined when none waits. */
  nextMs(lines: LineTimings): number | undefined {
    const waiting = lines.count - 1 - this.bottom;
    if (waiting <= 0) return undefined;
    const hurry = Math.min(HURRY_FACTOR_MAX, Math.max(1, 1 + (waiting - HURRY_LINES) / 8));
    const readMs = (columns: number): number => (columns / (this.#options.speed * hurry)) * 1_000;
    const leaving = this.bottom + 1 - this.#options.rows;
    const { atMs, columns } = lines.changed(leaving);
    return Math.max(this.#sinceMs + readMs(lines.columns(this.bottom)), atMs + readMs(columns));
  }

  #show(atMs: number): void {
    this.bottom++;
    this.#sinceMs = atMs;
  }
}
