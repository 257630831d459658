import type { Caption } from '../../../../transcript/caption-assembler.ts';
import { splitGraphemes, wrapLines } from './lines.ts';

/**
 * How text comes onto the screen: `pop-on` a whole block at once, `paint-on` the lines of a block one after the other,
 * `roll-up` one line after the other, the one before above it.
 */
export type CaptionStyle = 'pop-on' | 'paint-on' | 'roll-up';

export interface PacerOptions {
  readonly style: CaptionStyle;
  /** Characters of a line; 32 is what CEA-608 has room for. */
  readonly chars: number;
  readonly rows: number;
  /** Shortest time on screen, ms. */
  readonly minMs: number;
  /** Longest; then the screen is cleared. 0 never clears. */
  readonly maxMs: number;
  /** Reading speed: a block stays as long as it takes to read what is new in it. */
  readonly charsPerSecond: number;
  /** Blocks that may wait; at the bound the oldest is left out. */
  readonly blocksMax: number;
}

/** What is on screen at one time. */
export interface Block {
  /** Lines with `\n` between; empty clears the screen. */
  readonly text: string;
  readonly language: string;
  /** How long it wants to stay, ms. */
  readonly stayMs: number;
}

/** Blocks that wait before reading speed is given up, and share of the time that is left to one then. */
const CALM_BLOCKS = 4;
const HURRY_MIN = 0.5;

/** Gives out text at a speed at which it can be read. Pure: time is told. */
export class Pacer {
  readonly #options: PacerOptions;
  readonly #waiting: Block[] = [];
  #above: string[] = [];
  #shown: Block | undefined;
  #shownMs = 0;
  #left = 0;

  constructor(options: PacerOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Blocks left out because too many waited. */
  get leftOut(): number {
    return this.#left;
  }

  add({ text, language }: Caption): void {
    for (const block of this.#blocksOf(text)) {
      const { minMs, maxMs, charsPerSecond } = this.#options;
      const readMs = (splitGraphemes(block.fresh) / charsPerSecond) * 1_000;
      const stayMs = Math.round(Math.max(minMs, maxMs > 0 ? Math.min(maxMs, readMs) : readMs));
      this.#waiting.push({ text: block.text, language, stayMs });
    }
    while (this.#waiting.length > this.#options.blocksMax) {
      this.#waiting.shift();
      this.#left++;
    }
  }

  /** What comes next and when; undefined when nothing is to be done until something is added. */
  next(): { readonly block: Block; readonly atMs: number } | undefined {
    const first = this.#waiting[0];
    if (first !== undefined) return { block: first, atMs: this.#readMs };
    const { maxMs } = this.#options;
    if (maxMs === 0 || this.#shown === undefined || this.#shown.text === '') return undefined;
    return { block: { text: '', language: this.#shown.language, stayMs: 0 }, atMs: this.#shownMs + maxMs };
  }

  /** The block of `next` is on screen. */
  shown(block: Block, nowMs: number): void {
    if (this.#waiting[0] === block) this.#waiting.shift();
    if (block.text === '') this.#above = [];
    this.#shown = block;
    this.#shownMs = nowMs;
  }

  /** The block of `next` will never be shown. */
  drop(block: Block): void {
    if (this.#waiting[0] === block) this.#waiting.shift();
  }

  /** When the block on screen has been read. Who is behind reads faster, down to half the time. */
  get #readMs(): number {
    if (this.#shown === undefined) return 0;
    const hurry = Math.max(HURRY_MIN, Math.min(1, CALM_BLOCKS / Math.max(1, this.#waiting.length)));
    return this.#shownMs + Math.round(this.#shown.stayMs * hurry);
  }

  #blocksOf(text: string): { readonly text: string; readonly fresh: string }[] {
    const { style, chars, rows } = this.#options;
    const lines = wrapLines(text, chars);
    if (style === 'roll-up') return lines.map((line) => ({ text: this.#roll(line), fresh: line }));
    const count = Math.ceil(lines.length / rows);
    // Blocks of nearly the same size: a last one of a single word reads badly.
    const size = Math.ceil(lines.length / Math.max(1, count));
    const blocks = Array.from({ length: count }, (_, i) => lines.slice(i * size, (i + 1) * size));
    if (style === 'pop-on') return blocks.map((block) => ({ text: block.join('\n'), fresh: block.join(' ') }));
    return blocks.flatMap((block) => block.map((line, i) => ({ text: block.slice(0, i + 1).join('\n'), fresh: line })));
  }

  #roll(line: string): string {
    const lines = [...this.#above, line].slice(-this.#options.rows);
    this.#above = lines;
    return lines.join('\n');
  }
}
