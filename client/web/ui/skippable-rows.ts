/** Newest rows that are always laid out: about two screens. */
const NEWEST_ROWS = 40;

/**
 * To be called after each appended row: marks the row that is no longer among the newest with `data-skippable`. Style sheets let
 * the browser skip such rows while they are out of sight (`content-visibility: auto`). A new row must not be skipped: the browser
 * would give it the size of a placeholder in its first frame, and everything below it would jump.
 */
export function markSkippableRow(log: HTMLElement): void {
  const row = log.children[log.childElementCount - 1 - NEWEST_ROWS];
  if (row instanceof HTMLElement) row.dataset['skippable'] = '';
}
