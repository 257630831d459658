/** Runs every step, whatever becomes of the others: what one of them throws goes to `failed`. */
export function runEach(steps: readonly (() => void)[], failed: (error: unknown) => void): void {
  for (const step of steps) {
    try {
      step();
    } catch (error) {
      failed(error);
    }
  }
}
