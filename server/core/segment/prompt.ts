import { joinSentences } from '../../../transcript/index.ts';
import { normaliseWord } from '../stable/words.ts';

/** Whisper's prompt holds 224 tokens; about four characters each, with room for the hints. */
const PROMPT_CHARS_MAX = 600;

/**
 * The prompt of a decode: vocabulary hints, then the end of the final text so far.
 * Invariant: it holds no text that is not final, because an invented word would reinforce itself; for the same reason it
 * leaves out a sentence that became final twice.
 */
export function buildPrompt(vocabulary: readonly string[], finals: readonly string[], contextChars: number): string {
  const hints = vocabulary.length === 0 ? '' : `${vocabulary.join(', ')}.`;
  const room = Math.max(0, Math.min(contextChars, PROMPT_CHARS_MAX - hints.length));
  const context = room === 0 ? '' : takeTail(joinSentences(omitRepeated(finals)), room);
  return [hints.slice(0, PROMPT_CHARS_MAX), context].filter(Boolean).join(' ');
}

function omitRepeated(finals: readonly string[]): readonly string[] {
  const texts = finals.map(normaliseWord);
  return finals.filter((_, i) => texts.indexOf(texts[i]!) === texts.lastIndexOf(texts[i]!));
}

/** The last `length` characters at most, from the start of a word. */
function takeTail(text: string, length: number): string {
  if (text.length <= length) return text;
  const cut = text.slice(text.length - length);
  return cut.slice(cut.indexOf(' ') + 1);
}
