import type { PipelineOptions } from './settings.ts';

/** Answers that the time of a decode is averaged over. */
const AVERAGE_OVER = 4;

/** How slowly the decodes of one channel come, as far as their answers tell. It needs no clock. */
export class DecodePace {
  readonly #limits: Pick<PipelineOptions['sentenceEnd'], 'slowMs' | 'seldomMs'>;
  #averageMs: number | undefined;

  constructor(limits: Pick<PipelineOptions['sentenceEnd'], 'slowMs' | 'seldomMs'>) {
    this.#limits = limits;
  }

  /** What a decode takes on average, ms; 0 before the first. */
  get averageMs(): number {
    return this.#averageMs ?? 0;
  }

  /** Notes how long the engine took for a decode, ms. */
  record(decodeMs: number): void {
    this.#averageMs ??= decodeMs;
    this.#averageMs += (decodeMs - this.#averageMs) / AVERAGE_OVER;
  }

  /** Whether decodes come seldom: because each takes long, or because the load allows one only every `everyMs`. */
  isSlow(everyMs: number): boolean {
    return this.averageMs > this.#limits.slowMs || everyMs > this.#limits.seldomMs;
  }
}
