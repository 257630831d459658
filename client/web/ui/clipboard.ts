import { toPrintableLines } from '../../../protocol/printable.ts';

/** Copies text; also on pages without the clipboard API, which browsers give to secure pages only. */
export async function copyText(copied: string): Promise<boolean> {
  // It may be pasted into a terminal.
  const text = toPrintableLines(copied);
  if (navigator.clipboard !== undefined) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
}
