import type { PageAuth } from './page-auth.ts';

/** The button that changes or forgets the key, shown only when the server requires one. */
export function setUpKeyButton(button: HTMLElement, auth: PageAuth, changed: () => void = () => {}): void {
  button.addEventListener('click', () => {
    void auth.askForKey().then((given) => {
      if (given) changed();
    });
  });
  void auth.needsKey().then((needed) => {
    button.hidden = !needed;
  });
}
