/** Fills the help dialog's list of keyboard shortcuts. A name such as "Alt R" is shown as two keys. */
export function renderKeyList(
  list: HTMLElement,
  keys: readonly { readonly keys: readonly string[]; readonly does: string }[],
): void {
  for (const { keys: names, does } of keys) {
    const term = document.createElement('dt');
    names.forEach((name, i) => {
      if (i > 0) term.append(' or ');
      for (const part of name.split(' ')) {
        const cap = document.createElement('kbd');
        cap.textContent = part;
        term.append(cap, ' ');
      }
    });
    const meaning = document.createElement('dd');
    meaning.textContent = does;
    list.append(term, meaning);
  }
}
