/** Resolves in the next turn of the event loop, after other pending work. */
export const waitForNextTurn = (): Promise<undefined> =>
  new Promise((resolve) => setImmediate(() => resolve(undefined)));
