import type { Caption } from '../../../../transcript/caption-assembler.ts';
import { joinSentences } from '../../../../transcript/index.ts';
import { countCharacters, wrapLines } from './lines.ts';

/**
 * How text appears on screen: `pop-on` a whole block at once, `paint-on` the lines of a block one after the other, `roll-up` one
 * line after the other, each below the previous one.
 */
export type CaptionStyle = 'pop-on' | 'paint-on' | 'roll-up';

export interface CaptionPacerOptions {
  readonly style: CaptionStyle;
  /** Characters of a line; CEA-608 allows 32. */
  readonly chars: number;
  readonly rows: number;
  /** Shortest time of a block on screen, ms. */
  readonly minMs: number;
  /** Longest time of a block on screen, ms; then the screen is cleared. 0 never clears it. */
  readonly maxMs: number;
  /** Reading speed: a block stays for as long as it takes to read what is new in it. */
  readonly charsPerSecond: number;
  /** Most blocks that may wait; beyond it the oldest is dropped. */
  readonly blocksMax: number;
}

/** The text on screen at one time. */
export interface Block {
  /** Lines, separated by `\n`; an empty text clears the screen. */
  readonly text: string;
  readonly language: string;
  /** How long it should stay, ms. */
  readonly stayMs: number;
}

/** Number of waiting blocks from which each stays shorter, and the shortest share of its time. */
const CALM_BLOCKS = 4;
const HURRY_MIN = 0.5;

/** Paces captions so that they can be read. Pure: the caller passes the time. */
export class CaptionPacer {
  readonly #options: CaptionPacerOptions;
  readonly #waiting: Block[] = [];
  #above: string[] = [];
  #shown: Block | undefined;
  #shownMs = 0;
  #dropped = 0;

  constructor(options: CaptionPacerOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Blocks dropped because too many waited. */
  get dropped(): number {
    return this.#dropped;
  }

  add({ text, language }: Caption): void {
    for (const block of this.#blocksOf(text)) {
      const { minMs, maxMs, charsPerSecond } = this.#options;
      const readMs = (countCharacters(block.fresh) / charsPerSecond) * 1_000;
      const stayMs = Math.round(Math.max(minMs, maxMs > 0 ? Math.min(maxMs, readMs) : readMs));
      this.#waiting.push({ text: block.text, language, stayMs });
    }
    while (this.#waiting.length > this.#options.blocksMax) {
      this.#waiting.shift();
      this.#dropped++;
    }
  }

  /** The next block and when to show it; undefined when there is nothing to do until something is added. */
  next(): { readonly block: Block; readonly atMs: number } | undefined {
    const first = this.#waiting[0];
    if (first !== undefined) return { block: first, atMs: this.#readMs };
    const { maxMs } = this.#options;
    if (maxMs === 0 || this.#shown === undefined || this.#shown.text === '') return undefined;
    return { block: { text: '', language: this.#shown.language, stayMs: 0 }, atMs: this.#shownMs + maxMs };
  }

  /** The block of `next` is on screen now. */
  shown(block: Block, nowMs: number): void {
    if (this.#waiting[0] === block) this.#waiting.shift();
    if (block.text === '') this.#above = [];
    this.#shown = block;
    this.#shownMs = nowMs;
  }

  /** The block of `next` will not be shown. */
  drop(block: Block): void {
    if (this.#waiting[0] === block) this.#waiting.shift();
  }

  /** When the block on screen can be replaced. The more blocks wait the sooner, down to half of its time. */
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
    // Blocks of similar size: a last block of a single word reads badly.
    const size = Math.ceil(lines.length / Math.max(1, count));
    const blocks = Array.from({ length: count }, (_, i) => lines.slice(i * size, (i + 1) * size));
    if (style === 'pop-on') return blocks.map((block) => ({ text: block.join('\n'), fresh: joinSentences(block) }));
    return blocks.flatMap((block) => block.map((line, i) => ({ text: block.slice(0, i + 1).join('\n'), fresh: line })));
  }

  #roll(line: string): string {
    const lines = [...this.#above, line].slice(-this.#options.rows);
    this.#above = lines;
    return lines.join('\n');
  }
}
