/** Makes menus of `<details>` elements: one is open at a time, and a click elsewhere closes it. */
export function setUpMenus(): void {
  addEventListener('click', (event) => closeMenus(event.target));
  for (const menu of document.querySelectorAll('details')) {
    menu.addEventListener('toggle', () => {
      if (menu.open) closeMenus(menu);
    });
  }
}

/** Closes every menu except the one that contains `except`. Focus inside a closed menu moves to its button. */
export function closeMenus(except: EventTarget | null = null): void {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>('details[open]')) {
    if (except instanceof Node && menu.contains(except)) continue;
    const inside = menu.contains(document.activeElement);
    menu.open = false;
    if (inside) menu.querySelector<HTMLElement>('summary')?.focus();
  }
}

/** Accepts files dropped on the page. */
export function enableFileDrop(open: (file: File | undefined) => void): void {
  const { classList } = document.body;
  addEventListener('dragover', (event) => {
    event.preventDefault();
    if (event.dataTransfer?.types.includes('Files') === true) classList.add('dropping');
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) classList.remove('dropping');
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    classList.remove('dropping');
    open(event.dataTransfer?.files[0]);
  });
}
