import type { DecodeAnswer, DecodeJob, Recogniser, RecogniserInfo } from '../ports/recogniser.ts';

/** A speech model on this machine. */
export interface ExtraModel {
  readonly name: string;
  readonly path: string;
}

export interface ExtraModelOptions {
  readonly main: Recogniser;
  /** Starts a recogniser for one model. */
  readonly open: (model: ExtraModel) => Recogniser;
}

/**
 * A recogniser that can load one more model for a while, in a process of its own. Jobs that name it are decoded there; to the
 * decode scheduler they take one of the slots, so no more decodes run at once than before.
 */
export class ExtraModelRecogniser implements Recogniser {
  readonly #options: ExtraModelOptions;
  #extra: { readonly name: string; readonly recogniser: Recogniser } | undefined;

  constructor(options: ExtraModelOptions) {
    this.#options = options;
  }

  get slots(): number {
    return this.#options.main.slots;
  }

  ready(): Promise<RecogniserInfo> {
    return this.#options.main.ready();
  }

  /** Replaces the one that was loaded. Resolves when it can decode, or `signal` has aborted; rejects with a `model.*` or `engine.*` fault. */
  async load(model: ExtraModel, signal: AbortSignal): Promise<void> {
    await this.unload();
    if (signal.aborted) return;
    const recogniser = this.#options.open(model);
    this.#extra = { name: model.name, recogniser };
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([recogniser.ready(), aborted]);
  }

  /** Frees its memory. */
  async unload(): Promise<void> {
    const extra = this.#extra;
    this.#extra = undefined;
    await extra?.recogniser.close();
  }

  decode(job: DecodeJob): Promise<DecodeAnswer> {
    const isExtra = job.model !== undefined && job.model === this.#extra?.name;
    return (isExtra ? this.#extra!.recogniser : this.#options.main).decode(job);
  }

  abort(job: number): void {
    this.#options.main.abort(job);
    this.#extra?.recogniser.abort(job);
  }

  async close(): Promise<void> {
    await this.unload();
  }
}
