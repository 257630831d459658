import type { Rehearing } from '../../../../protocol/transcripts.ts';
import { getElement, setText } from '../../ui/dom.ts';
import { describeResult } from '../rehear-watch.ts';

export interface RehearPanelCallbacks {
  /** `model` undefined is the server's choice. */
  start(model: string | undefined): void;
  stop(): void;
}

/** Transcribing a meeting again from its kept audio: the choice of the model, progress and result. */
export class RehearPanel {
  readonly #panel = getElement('rehear');
  readonly #start = getElement('rehear-start', HTMLButtonElement);
  readonly #stop = getElement('rehear-stop', HTMLButtonElement);
  readonly #model = getElement('rehear-model', HTMLInputElement);
  readonly #progress = getElement('rehear-progress', HTMLProgressElement);
  readonly #status = getElement('rehear-status');
  /** The button was pressed, and the server has not answered. It keeps the focus meanwhile, so it is not disabled. */
  #isStarting = false;

  constructor(callbacks: RehearPanelCallbacks) {
    this.#start.addEventListener('click', () => {
      if (this.#isStarting) return;
      this.#isStarting = true;
      setText(this.#status, 'Starting …');
      callbacks.start(this.#model.value.trim() || undefined);
    });
    this.#stop.addEventListener('click', () => callbacks.stop());
  }

  /** Models to suggest. The server may have others, which it names when it refuses one. */
  set models(models: readonly string[]) {
    getElement('rehear-models').replaceChildren(...models.map((name) => new Option(name, name)));
  }

  /** Shows the panel for a meeting whose audio is kept, without a job. */
  reset(isAvailable: boolean): void {
    this.#panel.hidden = !isAvailable;
    this.#showIdle('');
  }

  showJob(job: Rehearing): void {
    this.#isStarting = false;
    if (job.state !== 'waiting' && job.state !== 'running') return this.#showIdle(describeResult(job));
    const hadFocus = document.activeElement === this.#start;
    this.#start.hidden = true;
    this.#stop.hidden = false;
    this.#model.disabled = true;
    this.#progress.hidden = false;
    this.#progress.max = Math.max(1, job.totalMs);
    this.#progress.value = job.doneMs;
    if (hadFocus) this.#stop.focus();
    const share = Math.min(100, Math.floor((job.doneMs / Math.max(1, job.totalMs)) * 100));
    setText(
      this.#status,
      job.state === 'waiting'
        ? 'Waiting until the server has time …'
        : `${share} % transcribed again with ${job.model}`,
    );
  }

  showProblem(reason: string): void {
    this.#showIdle(reason);
  }

  #showIdle(status: string): void {
    this.#isStarting = false;
    const hadFocus = document.activeElement === this.#stop;
    this.#start.hidden = false;
    this.#stop.hidden = true;
    this.#model.disabled = false;
    this.#progress.hidden = true;
    if (hadFocus) this.#start.focus();
    setText(this.#status, status);
  }
}
