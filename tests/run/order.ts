/**
 * Files that take long, some for work and many for waits that are part of a contract. They come first: others use the
 * processor meanwhile, and none of them is left alone at the end.
 */
const FIRST = [
  ...['tests/contract/', 'tests/web/', 'tests/flow/', 'tests/speech/', 'tests/foreign-text.test.ts'],
  ...['tests/unit/core/session/contract.test.ts', 'tests/unit/engine/'],
];

/** The order in which test files start. */
export function inOrder(paths: readonly string[]): string[] {
  const rank = (path: string): number => {
    const at = FIRST.findIndex((start) => path.startsWith(start));
    return at < 0 ? FIRST.length : at;
  };
  return [...paths].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}
