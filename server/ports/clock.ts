/** Wall time, so that tests can turn it by hand. */
export interface Clock {
  /** Milliseconds, monotonic, from an arbitrary start. */
  nowMs(): number;
  setTimer(ms: number, run: () => void): Disposable;
}
