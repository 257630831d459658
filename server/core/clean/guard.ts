import type { Change } from '../../../protocol/index.ts';
import { type AlignedPair, alignWords, computeChanges, searchAlignment } from './alignment.ts';
import { type Chunk, splitIntoChunks } from './chunks.ts';
import { type ChunkRange, isDisfluency } from './disfluency.ts';
import { classifyProtectedWord, isProperName } from './meaning.ts';

export type GuardVerdict =
  | { readonly accepted: true; readonly changes: readonly Change[] }
  | { readonly accepted: false; readonly reason: string };

/** English words that may go though they are no stumble; a sentence without them is worse, but says the same. */
const EMPTY: ReadonlySet<string> = new Set(['a', 'an', 'the']);
/** Share of the words that may go so, and how many may in a short sentence. */
const EMPTY_SHARE_MAX = 0.12;
const EMPTY_WORDS_MAX = 1;
/** Signs a rewrite may set though nobody says them. */
const PUNCTUATION = /[\p{L}\p{M}\p{N} .,;:!?…'"‘’“”„«»()¿¡、。！？，；：「」『』（）–—-]/u;
/** Punctuation a rewrite may be longer by. */
const LONGER_MAX = 16;

/**
 * Accepts a rewrite only if it says what was said: no word that was not there, in the same order, with every number,
 * name and negation, and nothing gone but hesitations, repeats, restarts and things the speaker took back.
 */
export function checkRewrite(raw: string, rewrite: string, language: string): GuardVerdict {
  const said = splitIntoChunks(raw, language);
  const kept = splitIntoChunks(rewrite, language);
  const latest = alignWords(said, kept);
  if (latest === undefined) return refuse('it holds words that were not said');
  const isStumbled = (from: number, to: number): boolean => isDisfluency({ from, to }, said, language);
  const mayGo = (from: number, to: number): boolean =>
    isStumbled(from, to) || lostOf({ from, to }, said, language).length === 0;
  const pairs = searchAlignment(said, kept, latest, isStumbled) ?? searchAlignment(said, kept, latest, mayGo) ?? latest;
  if (rewrite.length > raw.length + said.length + LONGER_MAX) return refuse('it is too long');
  for (const sign of rewrite) {
    if (!PUNCTUATION.test(sign) && !raw.includes(sign)) return refuse('it holds signs that were not said');
  }
  let empty = 0;
  for (const run of removedRuns(said, pairs)) {
    if (isDisfluency(run, said, language)) continue;
    const lost = lostOf(run, said, language);
    if (lost.length > 0) return refuse(`it loses ${lossOf(lost, said, language)}`);
    empty += run.to - run.from;
  }
  if (empty > Math.max(EMPTY_WORDS_MAX, said.length * EMPTY_SHARE_MAX)) return refuse('it loses too many words');
  return { accepted: true, changes: computeChanges(raw, rewrite, said, kept, pairs) };
}

/** The words of a removed run that are missed. */
function lostOf({ from, to }: ChunkRange, said: readonly Chunk[], language: string): Chunk[] {
  return said
    .slice(from, to)
    .filter(
      ({ bare, text }, i) => language !== 'en' || !EMPTY.has(bare) || isProperName(text, said[from + i - 1]?.text),
    );
}

const refuse = (reason: string): GuardVerdict => ({ accepted: false, reason });

function removedRuns(said: readonly Chunk[], pairs: readonly AlignedPair[]): ChunkRange[] {
  const runs: ChunkRange[] = [];
  let from = 0;
  for (const pair of [...pairs, { said: said.length, saidTo: said.length }]) {
    if (pair.said > from) runs.push({ from, to: pair.said });
    from = pair.saidTo;
  }
  return runs;
}

/** What was lost, by the gravest loss; never the words themselves, for this text goes to logs and notices. */
function lossOf(lost: readonly Chunk[], said: readonly Chunk[], language: string): string {
  const kinds = lost.map((chunk) => classifyProtectedWord(chunk, said[said.indexOf(chunk) - 1], language));
  const kind = ['number', 'negation', 'name'].find((each) => kinds.includes(each));
  return kind === undefined ? 'too many words' : `a ${kind}`;
}
