import type { PageAuth } from './page-auth.ts';

/** The button that changes or forgets the key, shown only when the server requires one. */
export function setUpKeyButton(button: HTMLElement, entry: PageAuth, changed: () => void = () => {}): void {
  button.addEventListener('click', () => {
    void entry.askForKey().then((given) => {
      if (given) changed();
    });
  });
  void entry.needsKey().then((needed) => {
    button.hidden = !needed;
  });
}
