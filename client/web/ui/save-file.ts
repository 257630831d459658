import { createElement } from './dom.ts';

/** Downloads a file. */
export function saveFile(name: string, content: Blob): void {
  const href = URL.createObjectURL(content);
  const link = createElement('a', { href, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

export const saveText = (name: string, text: string): void =>
  saveFile(name, new Blob([text], { type: 'text/plain;charset=utf-8' }));
