/** Where the cause lies, for the operator. */
export type FaultSource = 'client' | 'capacity' | 'server' | 'operator';
/** Whether a client may retry: never with the same request, again here, at another server, or after a pause. */
export type RetryAdvice = 'never' | 'same' | 'elsewhere' | 'after';

/** What is fixed about a fault. */
export interface FaultRow {
  readonly blame: FaultSource;
  /** HTTP status before the upgrade, or exit status for `config.*` (78). */
  readonly http: number;
  /** WebSocket close status. */
  readonly close: number;
  readonly retry: RetryAdvice;
  // biome-ignore lint/suspicious/noExplicitAny: each row names its own data; FaultData reads it back.
  readonly text: (data: any) => string;
}

/** A row of the table of faults. */
export const row = <D>(
  blame: FaultSource,
  http: number,
  close: number,
  retry: RetryAdvice,
  text: (data: D) => string,
) => ({
  blame,
  http,
  close,
  retry,
  text,
});
