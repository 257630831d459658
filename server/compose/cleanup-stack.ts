/**
 * What has to be closed again, last opened first. A small `AsyncDisposableStack`, which Node 20 does not have.
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
   * Calls every cleanup, one after the other, also behind one that failed. Returns the same promise each time. Rejects with the
   * first error when all have been called.
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
