import { createButton, createElement } from '../../ui/dom.ts';

const ACTIONS = [
  ['highlight', 'Highlight'],
  ['correct', 'Correct'],
  ['firstVersion', 'First version'],
  ['copy', 'Copy'],
] as const;
/** Only where audio is kept. */
const AUDIO_ACTIONS = [
  ['play', 'Play'],
  ['saveAudio', 'Save audio'],
] as const;

/** The actions on a sentence: one bar that moves to the focused sentence, instead of buttons on each. */
export class SentenceActions {
  readonly #scroll: HTMLElement;
  readonly #bar: HTMLElement;
  readonly #audioButtons: readonly HTMLButtonElement[];

  constructor(scroll: HTMLElement, act: (name: string) => void) {
    this.#scroll = scroll;
    const attributes = { role: 'group', 'aria-label': 'This sentence' };
    this.#bar = createElement('div', { className: 'sentence-actions', hidden: true, attributes });
    const create = ([name, text]: readonly [string, string]): HTMLButtonElement => {
      const button = createButton(text, () => act(name));
      // The sentence keeps the focus.
      button.addEventListener('mousedown', (event) => event.preventDefault());
      return button;
    };
    this.#audioButtons = AUDIO_ACTIONS.map(create);
    this.#bar.append(...ACTIONS.map(create), ...this.#audioButtons);
    this.hasAudio = false;
    scroll.append(this.#bar);
    scroll.style.position = 'relative';
  }

  /** Whether the sentences can be played. */
  set hasAudio(hasAudio: boolean) {
    for (const button of this.#audioButtons) button.hidden = !hasAudio;
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
