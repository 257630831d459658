import { createButton, createElement } from './dom.ts';
import type { Problem, ProblemTopic } from './problems.ts';

/** How long a remark stays, ms: long enough to read it and reach its button. */
const REMARK_MS = 8_000;

/** The page's messages: a problem stays until it is solved, a remark disappears by itself. */
export class Messages {
  readonly #problem: HTMLElement;
  readonly #remark: HTMLElement;
  #topic: ProblemTopic | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(problem: HTMLElement, remark: HTMLElement) {
    this.#problem = problem;
    this.#remark = remark;
  }

  problem({ title, advice, topic }: Problem): void {
    this.#topic = topic;
    this.#problem.replaceChildren(createElement('strong', { textContent: title }), advice);
    this.#problem.hidden = false;
    this.#problem.scrollIntoView({ block: 'nearest' });
  }

  /** Hides the problem; with a topic, only one about it. */
  solved(topic?: ProblemTopic): void {
    if (topic === undefined || topic === this.#topic) this.#problem.hidden = true;
  }

  /** Shows a remark, with a button for `action`. */
  remark(text: string, action?: { readonly label: string; run(): void }): void {
    clearTimeout(this.#timer);
    this.#remark.replaceChildren(text);
    if (action !== undefined) {
      const act = (): void => {
        this.#hide();
        action.run();
      };
      this.#remark.append(' ', createButton(action.label, act));
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
