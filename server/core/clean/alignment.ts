import { type Change, getOwnEntry } from '../../../protocol/index.ts';
import type { Chunk } from './chunks.ts';
import { isNegation, isSmall } from './meaning.ts';

/** Said chunks `said` … `saidTo` and kept chunks `kept` … `keptTo` (ends excluded) are the same words. */
export interface AlignedPair {
  readonly said: number;
  readonly saidTo: number;
  readonly kept: number;
  readonly keptTo: number;
}

/** Without their apostrophe these are other words. */
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

/** Longer runs do not go, and a text that asks more often than this is refused: judging must stay quick. */
const RUN_WORDS_MAX = 40;
const QUESTIONS_MAX = 2_000;

/**
 * Finds every kept word among the said ones, in order; undefined when one was not said. Of words said twice the last is
 * the one kept, as people mean it.
 */
export function alignWords(said: readonly Chunk[], kept: readonly Chunk[]): AlignedPair[] | undefined {
  const pairs: AlignedPair[] = [];
  let i = said.length;
  for (let j = kept.length; j > 0; ) {
    let fit: readonly [number, number] = [0, 0];
    for (i--; i >= 0; i--) {
      const one = matchStarts(said, i, kept, j - 1);
      const two = j > 1 ? matchStarts(said, i, kept, j - 2) : fit;
      fit = two[1] === 2 ? two : one[1] === 1 ? one : [0, 0];
      if (fit[0] > 0 && i + fit[0] <= (pairs[0]?.said ?? said.length)) break;
    }
    if (i < 0) return undefined;
    pairs.unshift({ said: i, saidTo: i + fit[0], kept: j - fit[1], keptTo: j });
    j -= fit[1];
  }
  return pairs;
}

/**
 * Such a way of finding them that everything between two kept words is a run that may go; undefined when there is none.
 * Words said twice can be found in several ways, of which one may be right. `latest` is what `align` found.
 */
export function searchAlignment(
  said: readonly Chunk[],
  kept: readonly Chunk[],
  latest: readonly AlignedPair[],
  mayGo: (from: number, to: number) => boolean,
): AlignedPair[] | undefined {
  const known = new Map<number, boolean>();
  let questions = 0;
  const may = (from: number, to: number): boolean => {
    if (from === to) return true;
    const key = from * (said.length + 1) + to;
    const answer = known.get(key) ?? (++questions <= QUESTIONS_MAX && mayGo(from, to));
    known.set(key, answer);
    return answer;
  };
  const last = new Map(latest.map((pair) => [pair.kept, pair.said]));
  const dead = new Set<number>();
  const pairs: AlignedPair[] = [];
  const rest = (i: number, j: number): boolean => {
    if (j === kept.length) return may(i, said.length);
    const key = i * (kept.length + 1) + j;
    if (dead.has(key)) return false;
    for (let at = Math.min(last.get(j) ?? said.length - 1, i + RUN_WORDS_MAX); at >= i; at--) {
      const [fromSaid, fromKept] = matchStarts(said, at, kept, j);
      if (fromSaid === 0 || !may(i, at)) continue;
      pairs.push({ said: at, saidTo: at + fromSaid, kept: j, keptTo: j + fromKept });
      if (rest(at + fromSaid, j + fromKept)) return true;
      pairs.pop();
    }
    dead.add(key);
    return false;
  };
  return rest(0, 0) ? pairs : undefined;
}

/** How many words of both are the same from here: one and one, "can not" and "cannot", or none. */
function matchStarts(said: readonly Chunk[], i: number, kept: readonly Chunk[], j: number): readonly [number, number] {
  const a = said[i];
  const b = kept[j];
  if (a === undefined || b === undefined) return [0, 0];
  if (isSame(a.bare, b.bare)) return [1, 1];
  const afterA = said[i + 1];
  const afterB = kept[j + 1];
  if (afterA !== undefined && isOneWord(a, afterA, b)) return [2, 1];
  if (afterB !== undefined && isOneWord(b, afterB, a)) return [1, 2];
  return [0, 0];
}

function isSame(a: string, b: string): boolean {
  if (a === b) return true;
  const plain = a.replaceAll("'", '');
  return plain === b.replaceAll("'", '') && !APOSTROPHE_MATTERS.has(plain);
}

/** "twenty five" and "twenty-five", "web site" and "website", "do not" and "don't"; never digits, never "a part". */
function isOneWord(left: Chunk, right: Chunk, whole: Chunk): boolean {
  if (/\p{N}|@/u.test(left.bare + right.bare)) return false;
  if (contract(left.bare, right.bare) === whole.bare) return true;
  if (left.bare + right.bare !== whole.bare) return false;
  if (/\p{L}-\p{L}/u.test(whole.text)) return true;
  return whole.bare === 'cannot' || ![left.bare, right.bare].some((bare) => isSmall(bare) || isNegation(bare));
}

const NEGATED = { will: "won't", can: "can't", shall: "shan't" };
const ENDINGS = { are: "'re", have: "'ve", will: "'ll", am: "'m" };

function contract(left: string, right: string): string | undefined {
  if (right === 'not') return getOwnEntry(NEGATED, left) ?? (isSmall(left) ? `${left}n't` : undefined);
  if (left === 'let' && right === 'us') return "let's";
  const end = getOwnEntry(ENDINGS, right);
  return end !== undefined && /^(i|you|we|they|he|she|it|that|there|who)$/.test(left) ? left + end : undefined;
}

/** The difference as places in the raw text. Invariant: carrying the changes out turns the raw text into the rewrite. */
export function computeChanges(
  raw: string,
  rewrite: string,
  said: readonly Chunk[],
  kept: readonly Chunk[],
  pairs: readonly AlignedPair[],
): Change[] {
  const changes: Change[] = [];
  let rawAt = 0;
  let rewriteAt = 0;
  for (const pair of pairs) {
    const from = said[pair.said]!.from;
    const to = said[pair.saidTo - 1]!.to;
    const keptFrom = kept[pair.kept]!.from;
    const keptTo = kept[pair.keptTo - 1]!.to;
    changes.push(...gapChange(raw, rawAt, from, rewrite.slice(rewriteAt, keptFrom)));
    const text = rewrite.slice(keptFrom, keptTo);
    if (raw.slice(from, to) !== text) changes.push({ kind: 'replaced', from, to, text });
    rawAt = to;
    rewriteAt = keptTo;
  }
  changes.push(...gapChange(raw, rawAt, raw.length, rewrite.slice(rewriteAt)));
  return changes;
}

/** What became of the characters between two kept words: what both have at their ends is no change. */
function gapChange(raw: string, from: number, to: number, text: string): Change[] {
  const old = raw.slice(from, to);
  if (old === text) return [];
  let head = 0;
  while (head < Math.min(old.length, text.length) && old[head] === text[head]) head++;
  let tail = 0;
  while (tail < Math.min(old.length, text.length) - head && old.at(-1 - tail) === text.at(-1 - tail)) tail++;
  const place = { from: from + head, to: to - tail, text: text.slice(head, text.length - tail) };
  if (place.text === '') return [{ kind: 'removed', ...place }];
  return [{ kind: place.from === place.to ? 'inserted' : 'replaced', ...place }];
}
