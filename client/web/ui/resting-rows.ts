/** Newest rows of a log that are always laid out: about two screens of them. */
const AWAKE = 40;

/**
 * Marks the row that is no longer among the newest with `data-resting`, after each row that is appended: style sheets let
 * the browser skip such rows (`content-visibility: auto`) while they are out of sight. A new row must not be skipped: the
 * browser gives it the size of a placeholder in its first frame, and everything below it jumps.
 */
export function markRestingRows(log: HTMLElement): void {
  const row = log.children[log.childElementCount - 1 - AWAKE];
  if (row instanceof HTMLElement) row.dataset['resting'] = '';
}
