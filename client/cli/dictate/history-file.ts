import {
  chmodSync,
  closeSync,
  fdatasync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../output/user-error.ts';
import {
  compactHistory,
  foldHistory,
  type HistoryEntry,
  type HistoryItem,
  renderHistoryLines,
} from './core/history.ts';

/** Number of additional lines after which the file is compacted. */
const GROWTH_MAX = 2_000;

/**
 * Everything that was said and what happened to it, in a file that only its owner can read. Sentences are saved before anything
 * else is done with them, so that they survive whatever ends this program.
 */
export class HistoryFile {
  readonly #path: string;
  readonly #keep: number;
  #file: number;
  #items: HistoryItem[];
  #lines: number;

  /** `keep` is how many sentences are stored; those that were never inserted are kept in addition. */
  constructor(path: string, keep: number) {
    this.#path = path;
    this.#keep = keep;
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      this.#items = readHistory(path);
      this.#file = this.#compact();
    } catch (error) {
      throw new UserError(`${path} cannot be written: ${error instanceof Error ? error.message : error}`);
    }
    this.#lines = this.#items.length * 2;
  }

  get items(): readonly HistoryItem[] {
    return this.#items;
  }

  /** Writes an entry. It survives a crash of this process at once, and a power cut some milliseconds later. */
  write(entry: HistoryEntry): void {
    writeSync(this.#file, `${JSON.stringify(entry)}\n`);
    // Flushed to the disk for power cuts, without waiting for it.
    if (entry.kind === 'said') fdatasync(this.#file, () => {});
    this.#apply(entry);
    if (++this.#lines < this.#keep * 4 + GROWTH_MAX) return;
    closeSync(this.#file);
    this.#file = this.#compact();
    this.#lines = this.#items.length * 2;
  }

  close(): void {
    closeSync(this.#file);
    this.#file = -1;
  }

  #apply(entry: HistoryEntry): void {
    const at = this.#items.findLastIndex(({ id }) => id === entry.id);
    const lines = at === -1 ? [] : renderHistoryLines(this.#items[at]!);
    const [item] = foldHistory([...lines, JSON.stringify(entry)]);
    if (item === undefined) return;
    if (at === -1) this.#items.push(item);
    else this.#items[at] = item;
  }

  /** Writes the remaining entries to a new file, which then replaces the old one. */
  #compact(): number {
    const lines = compactHistory(this.#items, this.#keep);
    this.#items = foldHistory(lines);
    const draft = `${this.#path}.new`;
    writeFileSync(draft, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
    chmodSync(draft, 0o600);
    renameSync(draft, this.#path);
    return openSync(this.#path, 'a', 0o600);
  }
}

/** Reads the history, oldest first; empty when there is no file. */
export function readHistory(path: string): HistoryItem[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return foldHistory(text.split('\n'));
}
