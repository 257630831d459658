/**
 * Cleanups to run in reverse order of registration: a small `AsyncDisposableStack`, which Node 20 does not have.
 */
export class CleanupStack {
  readonly #cleanups: (() => unknown)[] = [];
  #running: Promise<void> | undefined;

  /** Registers `cleanup`, which `run` calls before those that were registered earlier. It may return a promise. */
  defer(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup);
  }

  /** Registers something that can be closed, and returns it. */
  add<T extends { close(): unknown }>(opened: T): T {
    this.defer(() => opened.close());
    return opened;
  }

  /**
   * Runs every cleanup in turn, even after one has failed. Returns the same promise each time, which rejects with the first error
   * once all have run.
   */
  run(): Promise<void> {
    this.#running ??= this.#runAll();
    return this.#running;
  }

  async #runAll(): Promise<void> {
    const errors: unknown[] = [];
    for (let cleanup = this.#cleanups.pop(); cleanup !== undefined; cleanup = this.#cleanups.pop()) {
      try {
        await cleanup();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
