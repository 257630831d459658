/** Runs every step even if others throw; each exception goes to `onError`. */
export function runEach(steps: readonly (() => void)[], onError: (error: unknown) => void): void {
  for (const step of steps) {
    try {
      step();
    } catch (error) {
      onError(error);
    }
  }
}
