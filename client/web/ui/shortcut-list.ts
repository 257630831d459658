import { createElement } from './dom.ts';

/** Fills the help dialog's list of keyboard shortcuts. A name such as "Alt R" is shown as two keys. */
export function renderShortcutList(
  list: HTMLElement,
  keys: readonly { readonly keys: readonly string[]; readonly does: string }[],
): void {
  for (const { keys: names, does } of keys) {
    const term = createElement('dt');
    names.forEach((name, i) => {
      if (i > 0) term.append(' or ');
      for (const key of name.split(' ')) term.append(createElement('kbd', {}, key), ' ');
    });
    list.append(term, createElement('dd', {}, does));
  }
}
