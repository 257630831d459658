/** Resolves in the next turn of the event loop, when others have had theirs. */
export const waitForNextTurn = (): Promise<undefined> =>
  new Promise((resolve) => setImmediate(() => resolve(undefined)));
