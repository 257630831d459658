import { splitIntoUnits, type TextUnit } from './units.ts';

/** Longer sentences would take too long to compare within a frame; they stay as spoken. */
const COMPARISONS_MAX = 250_000;

/**
 * The part of `revised` that follows the first `shownChars` of `spoken`, which were shown and stay. Words are matched by a longest
 * common subsequence. Where words were replaced across the border, the spoken ones continue, so that nothing appears twice or
 * is left out.
 */
export function computeRemainder(revised: string, spoken: string, shownChars: number): TextUnit[] {
  if (shownChars === 0) return splitIntoUnits(revised);
  const old = splitIntoUnits(spoken);
  const fresh = splitIntoUnits(revised);
  const shown = old.filter(({ end, text }) => end - text.length < shownChars).length;
  const torn = old[shown - 1];
  const rest =
    torn !== undefined && torn.end > shownChars ? [...splitIntoUnits(spoken.slice(0, torn.end), shownChars)] : [];
  if (old.length * fresh.length > COMPARISONS_MAX) return [...rest, ...old.slice(shown)];
  const pairs = matches(old.map(plain), fresh.map(plain));
  const before = pairs.filter(([i]) => i < shown).at(-1) ?? [-1, -1];
  const after = pairs.find(([i]) => i >= shown) ?? [old.length, fresh.length];
  const isReplaced = after[1] - before[1] > 1;
  const left = shown - 1 - before[0];
  const right = after[0] - shown;
  if (isReplaced && left === 0) return [...rest, ...fresh.slice(before[1] + 1)];
  const spokenOn = isReplaced && right > 0 ? old.slice(shown, after[0]) : [];
  return [...rest, ...spokenOn, ...fresh.slice(after[1])];
}

const plain = ({ text }: TextUnit): string => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');

/** Pairs of a longest common subsequence, in order. */
function matches(a: readonly string[], b: readonly string[]): [number, number][] {
  const width = b.length + 1;
  const best = new Uint16Array((a.length + 1) * width);
  const same = (i: number, j: number): boolean => a[i] === b[j] && a[i] !== '';
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      best[i * width + j] = same(i, j)
        ? best[(i + 1) * width + j + 1]! + 1
        : Math.max(best[(i + 1) * width + j]!, best[i * width + j + 1]!);
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (same(i, j)) pairs.push([i++, j++]);
    else if (best[(i + 1) * width + j]! >= best[i * width + j + 1]!) i++;
    else j++;
  }
  return pairs;
}
