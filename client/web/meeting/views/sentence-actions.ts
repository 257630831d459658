import { createElement } from './conversation-view.ts';

const ACTIONS = [
  ['highlight', 'Highlight'],
  ['correct', 'Correct'],
  ['original', 'As spoken'],
  ['copy', 'Copy'],
] as const;

/** The actions on a sentence: one bar that moves to the focused sentence, instead of buttons on each. */
export class SentenceActions {
  readonly #scroll: HTMLElement;
  readonly #bar: HTMLElement;

  constructor(scroll: HTMLElement, act: (name: string) => void) {
    this.#scroll = scroll;
    this.#bar = createElement('div', 'acts-bar');
    this.#bar.hidden = true;
    this.#bar.setAttribute('role', 'group');
    this.#bar.setAttribute('aria-label', 'This sentence');
    for (const [name, text] of ACTIONS) {
      const button = createElement('button') as HTMLButtonElement;
      button.type = 'button';
      button.textContent = text;
      // The sentence keeps the focus.
      button.addEventListener('mousedown', (event) => event.preventDefault());
      button.addEventListener('click', () => act(name));
      this.#bar.append(button);
    }
    scroll.append(this.#bar);
    scroll.style.position = 'relative';
  }

  /** Shows the bar above a sentence; without a sentence, hides it. */
  showAt(row: HTMLElement | undefined): void {
    this.#bar.hidden = row === undefined;
    if (row === undefined) return;
    const place = row.getBoundingClientRect();
    const frame = this.#scroll.getBoundingClientRect();
    const top = place.top - frame.top + this.#scroll.scrollTop - this.#bar.offsetHeight + 4;
    this.#bar.style.top = `${Math.max(0, top)}px`;
    const left = place.right - frame.left - this.#bar.offsetWidth;
    this.#bar.style.left = `${Math.max(4, left)}px`;
  }
}
