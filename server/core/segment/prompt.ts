import { normaliseWord } from '../stable/words.ts';

/** Whisper's prompt holds 224 tokens; about four characters each, with room for the hints. */
const PROMPT_CHARS_MAX = 600;

/**
 * The text that stands before a decode: vocabulary hints first, then the end of what is final already.
 * Invariant: never text that has not become final, or an invention would feed itself; nor, for the same cause, a sentence that
 * became final twice.
 */
export function buildPrompt(vocabulary: readonly string[], finals: readonly string[], contextChars: number): string {
  const hints = vocabulary.length === 0 ? '' : `${vocabulary.join(', ')}.`;
  const room = Math.max(0, Math.min(contextChars, PROMPT_CHARS_MAX - hints.length));
  const context = room === 0 ? '' : tail(once(finals).join(' '), room);
  return [hints.slice(0, PROMPT_CHARS_MAX), context].filter(Boolean).join(' ');
}

function once(finals: readonly string[]): readonly string[] {
  const said = finals.map(normaliseWord);
  return finals.filter((_, i) => said.indexOf(said[i]!) === said.lastIndexOf(said[i]!));
}

/** The last `length` characters, from the start of a word. */
function tail(text: string, length: number): string {
  if (text.length <= length) return text;
  const cut = text.slice(text.length - length);
  return cut.slice(cut.indexOf(' ') + 1);
}
