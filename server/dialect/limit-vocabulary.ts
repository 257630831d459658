import { LIMITS, type Start } from '../../protocol/index.ts';

const TERMS_MAX = 100;
const TERM_CHARS_MAX = 100;

/** Limits the words to expect to as many as a session accepts; the first ones count. */
export function limitVocabulary(terms: readonly string[]): Pick<Start, 'vocabulary'> {
  const vocabulary: string[] = [];
  let chars = 0;
  for (const term of terms) {
    chars += term.length;
    if (chars > LIMITS.vocabularyCharsMax || vocabulary.length === TERMS_MAX) break;
    if (term !== '' && term.length <= TERM_CHARS_MAX) vocabulary.push(term);
  }
  return vocabulary.length === 0 ? {} : { vocabulary };
}
