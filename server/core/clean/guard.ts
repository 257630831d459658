import type { Change } from '../../../protocol/index.ts';
import { type AlignedPair, alignWords, computeChanges, searchAlignment } from './alignment.ts';
import { type Chunk, isUnspaced, splitIntoChunks } from './chunks.ts';
import { type ChunkRange, isDisfluency } from './disfluency.ts';
import { isHesitation } from './fillers.ts';
import { classifyProtectedWord, isProperName } from './meaning.ts';
import { findDeliberateRepeats } from './repeats.ts';

export type GuardVerdict =
  | { readonly accepted: true; readonly changes: readonly Change[] }
  | { readonly accepted: false; readonly reason: string };

/**
 * English words that may be removed although they are no disfluency; a sentence without them is worse, but means the
 * same.
 */
const REMOVABLE: ReadonlySet<string> = new Set(['a', 'an', 'the']);
/** Maximum share of such words, and how many a short sentence may lose. */
const REMOVABLE_SHARE_MAX = 0.12;
const REMOVABLE_WORDS_MAX = 1;
/** Signs a rewrite may add although nobody speaks them. */
const PUNCTUATION = /[\p{L}\p{M}\p{N} .,;:!?…'"‘’“”„«»()¿¡、。！？，；：「」『』（）–—-]/u;
/** How many characters of punctuation a rewrite may add. */
const ADDED_CHARS_MAX = 16;

/**
 * Accepts a rewrite only if it means what was spoken: no new word, the same order, every number, name and negation, and
 * nothing removed but hesitations, repeats, restarts and corrections.
 */
export function checkRewrite(raw: string, rewrite: string, language: string): GuardVerdict {
  const spoken = splitIntoChunks(raw, language);
  const kept = splitIntoChunks(rewrite, language);
  const latest = alignWords(spoken, kept);
  if (latest === undefined) return reject('it holds words that were not said');
  const isOnPurpose = markDeliberate(spoken, language);
  const isStumble = (from: number, to: number): boolean =>
    !isOnPurpose.slice(from, to).includes(true) && isDisfluency({ from, to }, spoken, language);
  const mayRemove = (from: number, to: number): boolean =>
    isStumble(from, to) || findLost({ from, to }, spoken, language).length === 0;
  const pairs =
    searchAlignment(spoken, kept, latest, isStumble) ?? searchAlignment(spoken, kept, latest, mayRemove) ?? latest;
  if (rewrite.length > raw.length + spoken.length + ADDED_CHARS_MAX) return reject('it is too long');
  for (const sign of rewrite) {
    if (!PUNCTUATION.test(sign) && !raw.includes(sign)) return reject('it holds signs that were not said');
  }
  let removedWords = 0;
  for (const range of findRemovedRanges(spoken, pairs)) {
    if (isStumble(range.from, range.to)) continue;
    const lost = findLost(range, spoken, language);
    if (lost.length > 0) return reject(`it loses ${describeLoss(lost, spoken, language)}`);
    removedWords += range.to - range.from;
  }
  if (removedWords > Math.max(REMOVABLE_WORDS_MAX, spoken.length * REMOVABLE_SHARE_MAX))
    return reject('it loses too many words');
  return { accepted: true, changes: computeChanges(raw, rewrite, spoken, kept, pairs) };
}

/** Whether each chunk belongs to something that was said again on purpose; hesitations in between do not count. */
function markDeliberate(spoken: readonly Chunk[], language: string): boolean[] {
  const marks = spoken.map(() => false);
  if (isUnspaced(language)) return marks;
  const places = [...spoken.keys()].filter((at) => !isHesitation(spoken[at]!.text, language));
  const texts = places.map((at) => spoken[at]!.text);
  for (const { from, to } of findDeliberateRepeats(texts, language))
    for (const at of places.slice(from, to)) marks[at] = true;
  return marks;
}

/** The words of a removed range that must not be lost. */
function findLost({ from, to }: ChunkRange, spoken: readonly Chunk[], language: string): Chunk[] {
  return spoken
    .slice(from, to)
    .filter(
      ({ bare, text }, i) =>
        language !== 'en' || !REMOVABLE.has(bare) || isProperName(text, spoken[from + i - 1]?.text, language),
    );
}

const reject = (reason: string): GuardVerdict => ({ accepted: false, reason });

function findRemovedRanges(spoken: readonly Chunk[], pairs: readonly AlignedPair[]): ChunkRange[] {
  const ranges: ChunkRange[] = [];
  let from = 0;
  for (const pair of [...pairs, { spoken: spoken.length, spokenTo: spoken.length }]) {
    if (pair.spoken > from) ranges.push({ from, to: pair.spoken });
    from = pair.spokenTo;
  }
  return ranges;
}

/** Names the gravest loss; never the words themselves, because this text goes to logs and notices. */
function describeLoss(lost: readonly Chunk[], spoken: readonly Chunk[], language: string): string {
  const kinds = lost.map((chunk) => classifyProtectedWord(chunk, spoken[spoken.indexOf(chunk) - 1], language));
  const kind = ['number', 'negation', 'name'].find((each) => kinds.includes(each));
  return kind === undefined ? 'too many words' : `a ${kind}`;
}
