export interface LinePacerOptions {
  /** Rows on the screen. */
  readonly rows: number;
  /** Characters a second that lines follow each other with at most. */
  readonly speed: number;
  /** Lines that may wait to be shown; beyond, the oldest are passed over. */
  readonly waitingMax: number;
}

/** What is to know of the lines. */
export interface LineTimings {
  /** Lines there are, shown or waiting. */
  readonly count: number;
  /** Width of a line, columns. */
  columns(index: number): number;
  /** When the line's text last changed on the screen, and by how many columns. */
  changed(index: number): { readonly atMs: number; readonly columns: number };
}

/** Waiting lines from which on it is hurried, and by how much at most. */
const HURRY_FROM = 4;
const HURRY_MOST = 1.5;

/**
 * When a line may begin to be shown: not before the one above it, and what last changed in the one that leaves, can have
 * been read. Lines that wait are bounded.
 * Invariant: the lowest line that is shown never goes back.
 */
export class LinePacer {
  readonly #options: LinePacerOptions;
  /** Index of the lowest line shown, and since when. */
  bottom = -1;
  #sinceMs = Number.NEGATIVE_INFINITY;
  /** Lines passed over because too many waited. */
  skipped = 0;

  constructor(options: LinePacerOptions) {
    this.#options = options;
  }

  /** Moves on as far as `nowMs` allows. */
  advance(lines: LineTimings, nowMs: number): void {
    while ((this.nextMs(lines) ?? Number.POSITIVE_INFINITY) <= nowMs) this.#show(nowMs);
    for (; lines.count - 1 - this.bottom > this.#options.waitingMax; this.skipped++) this.#show(nowMs);
  }

  /** When the next waiting line may be shown; undefined when none waits. */
  nextMs(lines: LineTimings): number | undefined {
    const waiting = lines.count - 1 - this.bottom;
    if (waiting <= 0) return undefined;
    const hurry = Math.min(HURRY_MOST, Math.max(1, 1 + (waiting - HURRY_FROM) / 8));
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
