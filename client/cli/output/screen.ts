import { toPrintable } from '../../../protocol/printable.ts';
import { countColumns, splitIntoGraphemes } from '../../../transcript/columns.ts';
import type { Sentence } from '../../sdk/index.ts';

/** What the terminal shows of open sentences. */
export interface Screen {
  /** Rows of open text on the screen, to be erased before the next write. */
  readonly rows: number;
}

export const EMPTY_SCREEN: Screen = { rows: 0 };

const ERASE_DOWN = '\x1b[0J';
const DIM = '\x1b[2m';
const PLAIN = '\x1b[0m';

/**
 * Returns the bytes that take a terminal of `columns` from one state to the next: finished lines scroll away, and the open
 * sentence is redrawn in place with its tentative end dimmed. Pure, so that tests need no terminal.
 */
export function renderScreen(
  before: Screen,
  finished: readonly string[],
  open: Pick<Sentence, 'stable' | 'tentative'> | undefined,
  columns: number,
): { bytes: string; screen: Screen } {
  const up = before.rows > 1 ? `\x1b[${before.rows - 1}A` : '';
  const erase = before.rows > 0 ? `${up}\r${ERASE_DOWN}` : '';
  const lines = finished.map((line) => `${toPrintable(line)}\n`).join('');
  if (open === undefined) return { bytes: erase + lines, screen: EMPTY_SCREEN };
  const tentative = toPrintable(open.tentative);
  const stable = toPrintable(open.stable);
  // Text that scrolled off the screen cannot be redrawn, so only the last four rows are shown until the sentence is final.
  const most = columns * 4 - 1;
  const excess = countColumns(stable) + countColumns(tentative) - most;
  const tail = excess > 0 ? `…${withoutColumns(stable, excess + 1)}` : stable;
  return {
    bytes: `${erase}${lines}${tail}${DIM}${tentative}${PLAIN}`,
    screen: { rows: Math.max(1, Math.ceil((countColumns(tail) + countColumns(tentative)) / columns)) },
  };
}

/** The text without its first `columns` columns. */
function withoutColumns(text: string, columns: number): string {
  let left = columns;
  let at = 0;
  for (const grapheme of splitIntoGraphemes(text)) {
    if (left <= 0) break;
    left -= countColumns(grapheme);
    at += grapheme.length;
  }
  return text.slice(at);
}
