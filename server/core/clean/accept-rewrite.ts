import type { Change } from '../../../protocol/index.ts';
import { removeNeedlessSpaces } from '../../../transcript/index.ts';
import { checkRewrite } from './guard.ts';
import type { CleanRequest } from './request.ts';
import { cleanByRules } from './rules.ts';

/** A cleaned sentence, and how it differs from what was said. */
export interface CleanedText {
  readonly text: string;
  readonly changes: readonly Change[];
}

/** What of a model's rewrite is kept; or `refusal`, why nothing is. */
export function acceptRewrite(
  { text, language, instruction }: Pick<CleanRequest, 'text' | 'language' | 'instruction'>,
  written: string,
): CleanedText | { readonly refusal: string } {
  const rewrite = removeNeedlessSpaces(written);
  const verdict = checkRewrite(text, rewrite, language);
  if (!verdict.accepted) return { refusal: verdict.reason };
  // Models leave a hesitation standing now and then; the rules take it, unless the user wants a style of their own.
  const ruled = instruction === '' ? cleanByRules(rewrite, language) : rewrite;
  const second = checkRewrite(text, ruled, language);
  return second.accepted ? { text: ruled, changes: second.changes } : { text: rewrite, changes: verdict.changes };
}

/** Cleans by the rules alone. */
export function applyRules({ text, language }: Pick<CleanRequest, 'text' | 'language'>): CleanedText {
  const ruled = cleanByRules(text, language);
  const verdict = checkRewrite(text, ruled, language);
  // The rules only remove what the guard lets go; if they ever disagree, the raw words win.
  return verdict.accepted ? { text: ruled, changes: verdict.changes } : { text, changes: [] };
}
