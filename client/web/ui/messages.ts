import type { Problem } from './problems.ts';

/** How long a remark stays, ms: long enough to read it and reach its button. */
const REMARK_MS = 8_000;

/** The page's messages: a problem stays until it is solved, a remark disappears by itself. */
export class Messages {
  readonly #problem: HTMLElement;
  readonly #remark: HTMLElement;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(problem: HTMLElement, remark: HTMLElement) {
    this.#problem = problem;
    this.#remark = remark;
  }

  problem({ title, advice }: Problem): void {
    const strong = document.createElement('strong');
    strong.textContent = title;
    this.#problem.replaceChildren(strong, advice);
    this.#problem.hidden = false;
    this.#problem.scrollIntoView({ block: 'nearest' });
  }

  solved(): void {
    this.#problem.hidden = true;
  }

  /** Shows a remark, with a button for `action`. */
  remark(text: string, action?: { readonly label: string; run(): void }): void {
    clearTimeout(this.#timer);
    this.#remark.replaceChildren(text);
    if (action !== undefined) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = action.label;
      button.addEventListener('click', () => {
        this.#hide();
        action.run();
      });
      this.#remark.append(' ', button);
    }
    this.#remark.dataset['shown'] = '';
    this.#timer = setTimeout(() => this.#hide(), REMARK_MS);
  }

  #hide(): void {
    clearTimeout(this.#timer);
    delete this.#remark.dataset['shown'];
    this.#remark.replaceChildren();
  }
}
