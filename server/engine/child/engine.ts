import type { Hypothesis } from '../../core/hypothesis.ts';
import type { WireJob } from '../wire.ts';

/** The library inside a worker process. */
export interface ChildEngine {
  readonly name: 'native' | 'stock';
  readonly multilingual: boolean;
  readonly detail: string;
  /** Decodes that may run at once. */
  readonly slots: number;
  decode(job: WireJob, threads: number, signal: AbortSignal): Promise<Hypothesis>;
  /** By running job, a count that changes while its decode goes on; absent where that cannot be seen. */
  steps?(): Record<number, number>;
}
