import { toPrintable } from '../../../protocol/printable.ts';
import { countColumns } from '../../../transcript/columns.ts';
import type { Sentence } from '../../sdk/index.ts';

/** What the terminal shows of sentences that are still open, and how it got there. */
export interface Screen {
  /** Rows the open tail takes now, to be erased before the next write. */
  readonly rows: number;
}

export const EMPTY_SCREEN: Screen = { rows: 0 };

const ERASE_DOWN = '\x1b[0J';
const DIM = '\x1b[2m';
const PLAIN = '\x1b[0m';

/**
 * Bytes that bring a terminal of `columns` from one state to the next: finished lines scroll away above, the open
 * sentence is redrawn in place with its unstable tail dimmed. Pure, so it is tested without a terminal.
 */
export function renderScreen(
  before: Screen,
  finished: readonly string[],
  open: Sentence | undefined,
  columns: number,
): { bytes: string; screen: Screen } {
  const up = before.rows > 1 ? `\x1b[${before.rows - 1}A` : '';
  const erase = before.rows > 0 ? `${up}\r${ERASE_DOWN}` : '';
  const lines = finished.map((line) => `${toPrintable(line)}\n`).join('');
  if (open === undefined) return { bytes: erase + lines, screen: EMPTY_SCREEN };
  const tentative = toPrintable(open.tentative);
  const stable = toPrintable(open.stable);
  // More than a screenful cannot be redrawn in place; its head is left out until it is final.
  const most = columns * 4 - 1;
  const excess = countColumns(stable) + countColumns(tentative) - most;
  const tail = excess > 0 ? `…${withoutColumns(stable, excess + 1)}` : stable;
  return {
    bytes: `${erase}${lines}${tail}${DIM}${tentative}${PLAIN}`,
    screen: { rows: Math.max(1, Math.ceil((countColumns(tail) + countColumns(tentative)) / columns)) },
  };
}

/** The text without so many columns of its beginning. */
function withoutColumns(text: string, columns: number): string {
  let left = columns;
  let at = 0;
  for (const character of text) {
    if (left <= 0) break;
    left -= countColumns(character);
    at += character.length;
  }
  return text.slice(at);
}
