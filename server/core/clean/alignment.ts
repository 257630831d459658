import { type Change, getOwnEntry } from '../../../protocol/index.ts';
import type { Chunk } from './chunks.ts';
import { isNegation, isSmallWord } from './meaning.ts';

/** Spoken chunks `spoken` to `spokenTo` and kept chunks `kept` to `keptTo` (ends excluded) are the same words. */
export interface AlignedPair {
  readonly spoken: number;
  readonly spokenTo: number;
  readonly kept: number;
  readonly keptTo: number;
}

/** Words that become other words without their apostrophe. */
const APOSTROPHE_MATTERS: ReadonlySet<string> = new Set([
  'were',
  'well',
  'ill',
  'hell',
  'shell',
  'shed',
  'wed',
  'whore',
]);

/** Longer ranges are never removed, and a text that needs more checks than this is refused, to keep the guard quick. */
const RANGE_WORDS_MAX = 40;
const CHECKS_MAX = 2_000;

/**
 * Finds every kept word among the spoken ones, in order; undefined when one was not spoken. Of words spoken twice, the
 * last is matched, as speakers mean it.
 */
export function alignWords(spoken: readonly Chunk[], kept: readonly Chunk[]): AlignedPair[] | undefined {
  const pairs: AlignedPair[] = [];
  let i = spoken.length;
  for (let j = kept.length; j > 0; ) {
    let match: readonly [number, number] = [0, 0];
    for (i--; i >= 0; i--) {
      const one = matchStarts(spoken, i, kept, j - 1);
      const two = j > 1 ? matchStarts(spoken, i, kept, j - 2) : match;
      match = two[1] === 2 ? two : one[1] === 1 ? one : [0, 0];
      if (match[0] > 0 && i + match[0] <= (pairs[0]?.spoken ?? spoken.length)) break;
    }
    if (i < 0) return undefined;
    pairs.unshift({ spoken: i, spokenTo: i + match[0], kept: j - match[1], keptTo: j });
    j -= match[1];
  }
  return pairs;
}

/**
 * Searches for an alignment in which every range between two kept words may be removed; undefined when there is none.
 * Words spoken twice allow several alignments, of which one may work. `latest` is the result of `alignWords`.
 */
export function searchAlignment(
  spoken: readonly Chunk[],
  kept: readonly Chunk[],
  latest: readonly AlignedPair[],
  mayRemove: (from: number, to: number) => boolean,
): AlignedPair[] | undefined {
  const known = new Map<number, boolean>();
  let checks = 0;
  const mayRemoveCached = (from: number, to: number): boolean => {
    if (from === to) return true;
    const key = from * (spoken.length + 1) + to;
    const answer = known.get(key) ?? (++checks <= CHECKS_MAX && mayRemove(from, to));
    known.set(key, answer);
    return answer;
  };
  const last = new Map(latest.map((pair) => [pair.kept, pair.spoken]));
  const deadEnds = new Set<number>();
  const pairs: AlignedPair[] = [];
  const searchFrom = (i: number, j: number): boolean => {
    if (j === kept.length) return mayRemoveCached(i, spoken.length);
    const key = i * (kept.length + 1) + j;
    if (deadEnds.has(key)) return false;
    for (let index = Math.min(last.get(j) ?? spoken.length - 1, i + RANGE_WORDS_MAX); index >= i; index--) {
      const [spokenCount, keptCount] = matchStarts(spoken, index, kept, j);
      if (spokenCount === 0 || !mayRemoveCached(i, index)) continue;
      pairs.push({ spoken: index, spokenTo: index + spokenCount, kept: j, keptTo: j + keptCount });
      if (searchFrom(index + spokenCount, j + keptCount)) return true;
      pairs.pop();
    }
    deadEnds.add(key);
    return false;
  };
  return searchFrom(0, 0) ? pairs : undefined;
}

/** How many words of both match from here: one and one, "can not" and "cannot", or none. */
function matchStarts(
  spoken: readonly Chunk[],
  i: number,
  kept: readonly Chunk[],
  j: number,
): readonly [number, number] {
  const a = spoken[i];
  const b = kept[j];
  if (a === undefined || b === undefined) return [0, 0];
  if (isSameBareWord(a.bare, b.bare)) return [1, 1];
  const afterA = spoken[i + 1];
  const afterB = kept[j + 1];
  if (afterA !== undefined && isOneWord(a, afterA, b)) return [2, 1];
  if (afterB !== undefined && isOneWord(b, afterB, a)) return [1, 2];
  return [0, 0];
}

function isSameBareWord(a: string, b: string): boolean {
  if (a === b) return true;
  const plain = a.replaceAll("'", '');
  return plain === b.replaceAll("'", '') && !APOSTROPHE_MATTERS.has(plain);
}

/**
 * Matches "twenty five" and "twenty-five", "web site" and "website", "do not" and "don't"; never digits, never "a
 * part".
 */
function isOneWord(left: Chunk, right: Chunk, whole: Chunk): boolean {
  if (/\p{N}|@/u.test(left.bare + right.bare)) return false;
  if (buildContraction(left.bare, right.bare) === whole.bare) return true;
  if (left.bare + right.bare !== whole.bare) return false;
  if (/\p{L}-\p{L}/u.test(whole.text)) return true;
  return whole.bare === 'cannot' || ![left.bare, right.bare].some((bare) => isSmallWord(bare) || isNegation(bare));
}

const NEGATED = { will: "won't", can: "can't", shall: "shan't" };
const ENDINGS = { are: "'re", have: "'ve", will: "'ll", am: "'m" };

function buildContraction(left: string, right: string): string | undefined {
  if (right === 'not') return getOwnEntry(NEGATED, left) ?? (isSmallWord(left) ? `${left}n't` : undefined);
  if (left === 'let' && right === 'us') return "let's";
  const end = getOwnEntry(ENDINGS, right);
  return end !== undefined && /^(i|you|we|they|he|she|it|that|there|who)$/.test(left) ? left + end : undefined;
}

/**
 * Computes the difference as ranges of the raw text. Invariant: applying the changes to the raw text yields the
 * rewrite.
 */
export function computeChanges(
  raw: string,
  rewrite: string,
  spoken: readonly Chunk[],
  kept: readonly Chunk[],
  pairs: readonly AlignedPair[],
): Change[] {
  const changes: Change[] = [];
  let rawOffset = 0;
  let rewriteOffset = 0;
  for (const pair of pairs) {
    const from = spoken[pair.spoken]!.from;
    const to = spoken[pair.spokenTo - 1]!.to;
    const keptFrom = kept[pair.kept]!.from;
    const keptTo = kept[pair.keptTo - 1]!.to;
    changes.push(...computeGapChange(raw, rawOffset, from, rewrite.slice(rewriteOffset, keptFrom)));
    const text = rewrite.slice(keptFrom, keptTo);
    if (raw.slice(from, to) !== text) changes.push({ kind: 'replaced', from, to, text });
    rawOffset = to;
    rewriteOffset = keptTo;
  }
  changes.push(...computeGapChange(raw, rawOffset, raw.length, rewrite.slice(rewriteOffset)));
  return changes;
}

/** Change between two kept words; common characters at both ends are left out. */
function computeGapChange(raw: string, from: number, to: number, text: string): Change[] {
  const before = raw.slice(from, to);
  if (before === text) return [];
  let head = 0;
  while (head < Math.min(before.length, text.length) && before[head] === text[head]) head++;
  let tail = 0;
  while (tail < Math.min(before.length, text.length) - head && before.at(-1 - tail) === text.at(-1 - tail)) tail++;
  const range = { from: from + head, to: to - tail, text: text.slice(head, text.length - tail) };
  if (range.text === '') return [{ kind: 'removed', ...range }];
  return [{ kind: range.from === range.to ? 'inserted' : 'replaced', ...range }];
}
