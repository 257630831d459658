import { createButton, createElement } from './dom.ts';
import type { Problem, ProblemTopic } from './problems.ts';

/** How long a toast stays, ms: long enough to read it and reach its button. */
const TOAST_MS = 8_000;

/** The page's messages: a problem stays until it is solved, a toast disappears by itself. */
export class Messages {
  readonly #problem: HTMLElement;
  readonly #toast: HTMLElement;
  #topic: ProblemTopic | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(problem: HTMLElement, toast: HTMLElement) {
    this.#problem = problem;
    this.#toast = toast;
  }

  showProblem({ title, advice, topic }: Problem): void {
    this.#topic = topic;
    this.#problem.replaceChildren(createElement('strong', { textContent: title }), advice);
    this.#problem.hidden = false;
    this.#problem.scrollIntoView({ block: 'nearest' });
  }

  /** Hides the problem; with a topic, only one about it. */
  clearProblem(topic?: ProblemTopic): void {
    if (topic === undefined || topic === this.#topic) this.#problem.hidden = true;
  }

  /** Shows a toast, with a button for `action`. */
  showToast(text: string, action?: { readonly label: string; run(): void }): void {
    clearTimeout(this.#timer);
    this.#toast.replaceChildren(text);
    if (action !== undefined) {
      const act = (): void => {
        this.#hide();
        action.run();
      };
      this.#toast.append(' ', createButton(action.label, act));
    }
    this.#toast.dataset['shown'] = '';
    this.#timer = setTimeout(() => this.#hide(), TOAST_MS);
  }

  #hide(): void {
    clearTimeout(this.#timer);
    delete this.#toast.dataset['shown'];
    this.#toast.replaceChildren();
  }
}
