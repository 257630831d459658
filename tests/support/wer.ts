import { units } from './comparable-words.ts';
import { normaliseBasic } from './whisper-normaliser/basic.ts';
import { normaliseEnglish } from './whisper-normaliser/english.ts';

/** Errors of a transcript against what was said, counted in words, or in characters where words are not spaced. */
export interface ErrorCount {
  /** Substitutions, deletions and insertions. */
  readonly errors: number;
  /** Units of the reference. */
  readonly words: number;
}

/** Counts errors as Whisper's published scoring does, so that a rate compares with those of others. `language` is an ISO 639 code. */
export function wordErrorRate(reference: string, hypothesis: string, language = 'en'): ErrorCount {
  const spoken = normalisedWords(reference, language);
  return { errors: distance(spoken, normalisedWords(hypothesis, language)), words: spoken.length };
}

/** Counts errors by our own rule of versions up to 0.1. Benches print it beside the other for one release, so that both can be compared. */
export function formerErrorRate(reference: string, hypothesis: string, language = 'en'): ErrorCount {
  const spoken = units(reference, language, false);
  return { errors: distance(spoken, units(hypothesis, language, false)), words: spoken.length };
}

/** Errors of one transcript by Whisper's rule and by ours of versions up to 0.1. */
export interface OfflineErrors {
  readonly errors: number;
  readonly former: number;
}

export const countOfflineErrors = (reference: string, hypothesis: string, language: string): OfflineErrors => ({
  errors: wordErrorRate(reference, hypothesis, language).errors,
  former: formerErrorRate(reference, hypothesis, language).errors,
});

/** The words that errors are counted in. */
export function normalisedWords(text: string, language: string): string[] {
  const normalised = language === 'en' ? normaliseEnglish(text) : normaliseBasic(text, language);
  return normalised.split(' ').filter(Boolean);
}

/** Levenshtein distance: how many items have to be replaced, removed or added to make one list the other. */
export function distance(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, left] of a.entries()) {
    const next = [i + 1];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (left === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
