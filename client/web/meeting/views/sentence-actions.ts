import { createButton, createElement } from '../../ui/dom.ts';

const ACTIONS = [
  ['highlight', 'Highlight'],
  ['correct', 'Correct'],
  ['original', 'As first heard'],
  ['copy', 'Copy'],
] as const;

/** The actions on a sentence: one bar that moves to the focused sentence, instead of buttons on each. */
export class SentenceActions {
  readonly #scroll: HTMLElement;
  readonly #bar: HTMLElement;

  constructor(scroll: HTMLElement, act: (name: string) => void) {
    this.#scroll = scroll;
    const attributes = { role: 'group', 'aria-label': 'This sentence' };
    this.#bar = createElement('div', { className: 'sentence-actions', hidden: true, attributes });
    for (const [name, text] of ACTIONS) {
      const button = createButton(text, () => act(name));
      // The sentence keeps the focus.
      button.addEventListener('mousedown', (event) => event.preventDefault());
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
