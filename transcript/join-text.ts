/** Characters of Chinese and Japanese and their punctuation, between which there are no spaces. */
const CJK = '\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{scx=Bopomofo}\\u3000-\\u303f\\uff01-\\uff60';
/** Words of Thai stand without spaces, too, but its phrases have one between them. */
const UNSPACED = `[${CJK}\\p{sc=Thai}]`;
/** Marks that both kinds of scripts use, and that may stand at the edge of a sentence. */
const MARKS = '[…—“”‘’"\'()]*';
const ENDS_UNSPACED = new RegExp(`${UNSPACED}${MARKS}$`, 'u');
/** Only the first character counts, so that a text which grows keeps its separator. */
const BEGINS_UNSPACED = new RegExp(`^(?:${UNSPACED}|[…—“‘"'(])`, 'u');
/** A full stop of such a script is as wide as a space. */
const ENDS_WIDE = /[。！？」』）]$/u;

/** What stands between two pieces of text: nothing between Chinese or Japanese characters, else a space. */
export function chooseSeparator(before: string, after: string): '' | ' ' {
  if (before === '' || after === '' || /\s$/.test(before) || /^\s/.test(after)) return '';
  if (ENDS_WIDE.test(before)) return '';
  return ENDS_UNSPACED.test(before) && BEGINS_UNSPACED.test(after) ? '' : ' ';
}

const CJK_SPACE = new RegExp(`([${CJK}]) +(?=[${CJK}])`, 'gu');
/** Text that begins in such a script, also behind a quotation mark. */
const IS_UNSPACED = new RegExp(`^${MARKS}${UNSPACED}`, 'u');

/**
 * A piece of text for clients that put pieces together as they are: with the space that stands before it. As Whisper writes them, the
 * first has one, too, but in Chinese and Japanese. `before` is the piece before it; undefined for the first.
 */
export function withLeadingSpace(text: string, before: string | undefined): string {
  const trimmed = text.trim();
  if (before === undefined) return IS_UNSPACED.test(trimmed) ? trimmed : ` ${trimmed}`;
  return chooseSeparator(before, trimmed) + trimmed;
}

/** Removes the spaces that a language model puts between Chinese or Japanese characters; other spaces stay. */
export const removeNeedlessSpaces = (text: string): string => text.replace(CJK_SPACE, '$1');

/** Joins sentences into one text. Spaces around them do not count. */
export function joinSentences(sentences: readonly string[]): string {
  let text = '';
  for (const sentence of sentences) text += chooseSeparator(text, sentence.trim()) + sentence.trim();
  return text;
}
