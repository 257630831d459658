/** Edits that still make a typing mistake, by the length of the word: one in four letters. */
const mistakesIn = (word: string): number => Math.max(1, Math.floor(word.length / 4));

/**
 * The name that somebody most likely meant by `word`: one that begins with it, holds it, or differs by a few typing mistakes.
 * Undefined when none is like it.
 */
export function suggestName(word: string, names: readonly string[]): string | undefined {
  if (word === '') return undefined;
  const mistyped = names
    .map((name) => ({ name, distance: editDistance(word, name) }))
    .filter(({ distance }) => distance <= mistakesIn(word))
    .sort((a, b) => a.distance - b.distance)[0]?.name;
  return mistyped ?? names.find((name) => name.startsWith(word) || word.startsWith(name) || name.includes(word));
}

/** Letters to insert, delete, replace, or swap with their neighbour (optimal string alignment) to make `b` of `a`. */
export function editDistance(a: string, b: string): number {
  // Rows of the table of prefixes: the last but one, the last, and the one that is being filled.
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? before[j - 2]! + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(replaced, swapped, last[j]! + 1, row[j - 1]! + 1));
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}
