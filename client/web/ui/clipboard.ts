import { toPrintableLines } from '../../../protocol/printable.ts';
import { createElement } from './dom.ts';

/** Copies text. Works on insecure pages too, where browsers offer no clipboard API. Resolves with false when it was not allowed. */
export async function copyText(copied: string): Promise<boolean> {
  // The text may be pasted into a terminal.
  const text = toPrintableLines(copied);
  if (navigator.clipboard !== undefined) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const area = createElement('textarea', { value: text });
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
}
