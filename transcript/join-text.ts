/** Characters of Chinese and Japanese, their punctuation, and Thai, which all stand without spaces between them. */
const UNSPACED =
  '[\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{scx=Bopomofo}\\p{sc=Thai}\\u3000-\\u303f\\uff01-\\uff60]';
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

/** Joins sentences into one text. Spaces around them do not count. */
export function joinSentences(sentences: readonly string[]): string {
  let text = '';
  for (const sentence of sentences) text += chooseSeparator(text, sentence.trim()) + sentence.trim();
  return text;
}
