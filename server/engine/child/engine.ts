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
  /** A count that changes while the decode of this job goes on; undefined where that cannot be seen. */
  steps?(job: number): number | undefined;
}
