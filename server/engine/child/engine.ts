import type { Hypothesis } from '../../core/hypothesis.ts';
import type { WireJob } from '../wire.ts';

/** The speech library inside a worker process. */
export interface ChildEngine {
  readonly name: 'native' | 'stock';
  readonly multilingual: boolean;
  readonly detail: string;
  /** How many decodes may run at once. */
  readonly slots: number;
  decode(job: WireJob, threads: number, signal: AbortSignal): Promise<Hypothesis>;
  /**
   * For each running job, a counter that grows while its decode makes progress; absent where that cannot be observed.
   */
  countSteps?(): Record<number, number>;
}
