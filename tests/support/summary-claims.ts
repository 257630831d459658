import { readFileSync } from 'node:fs';
import type { NumberedSentence } from '../../server/core/summary/claims.ts';

/** A claim of a summary, the sentences it cites, and whether they bear it out, as people judged it. */
export interface JudgedClaim {
  readonly language: string;
  /** Number of the sentence that is cited; all claims of it are in one split. */
  readonly source: number;
  /** The guard was tuned on `tune` alone. */
  readonly split: 'tune' | 'held';
  readonly holds: boolean;
  /** `faithful`, or how it is false. */
  readonly kind: string;
  readonly claim: string;
  readonly sentences: readonly { readonly text: string; readonly speaker?: string }[];
}

export function readClaims(): JudgedClaim[] {
  const text = readFileSync(new URL('../fixtures/summary-claims.jsonl', import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as JudgedClaim);
}

export interface Judgement {
  /** Of the claims that were taken, the share that holds. */
  readonly precision: number;
  /** Of the claims that hold, the share that was taken. */
  readonly recall: number;
  /** False claims that were taken, and true ones that were not. */
  readonly passed: readonly JudgedClaim[];
  readonly refused: readonly JudgedClaim[];
}

export function judge(
  claims: readonly JudgedClaim[],
  guard: (claim: string, sentences: readonly NumberedSentence[]) => boolean,
): Judgement {
  const taken = claims.filter(({ claim, sentences }) =>
    guard(
      claim,
      sentences.map(({ text, speaker }, i) => ({ name: `1.0.${i + 1}`, text, speaker })),
    ),
  );
  const right = taken.filter(({ holds }) => holds).length;
  const all = claims.filter(({ holds }) => holds).length;
  return {
    precision: taken.length === 0 ? 1 : right / taken.length,
    recall: all === 0 ? 1 : right / all,
    passed: taken.filter(({ holds }) => !holds),
    refused: claims.filter((claim) => claim.holds && !taken.includes(claim)),
  };
}
