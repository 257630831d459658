import type { PageAuth } from './page-auth.ts';

/** The button that changes or forgets the key: there only where the server wants one. */
export function setUpKeyButton(button: HTMLElement, entry: PageAuth, changed: () => void = () => {}): void {
  button.addEventListener('click', () => {
    void entry.ask().then((given) => {
      if (given) changed();
    });
  });
  void entry.needsKey().then((needed) => {
    button.hidden = !needed;
  });
}
