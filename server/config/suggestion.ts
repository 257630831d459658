/** Number of edits that count as a typing mistake: one for every four letters. */
const mistakesIn = (word: string): number => Math.max(1, Math.floor(word.length / 4));

/**
 * Finds the name that was most likely meant by `word`: one that differs by few typing mistakes, or contains it. Undefined
 * when no name is similar.
 */
export function suggestName(word: string, names: readonly string[]): string | undefined {
  if (word === '') return undefined;
  const mistyped = names
    .map((name) => ({ name, distance: editDistance(word, name) }))
    .filter(({ distance }) => distance <= mistakesIn(word))
    .sort((a, b) => a.distance - b.distance)[0]?.name;
  return mistyped ?? names.find((name) => name.startsWith(word) || word.startsWith(name) || name.includes(word));
}

/** Number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  // The two previous rows of the table of prefixes; `row` is the one being filled.
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
