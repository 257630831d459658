/** Invisible formatting characters. The few that a script needs are let through by `isJoined`. */
const INVISIBLE =
  '\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Noncharacter_Code_Point}\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u3164\\uffa0';
/** Arabic, Syriac and Kaithi signs that Unicode classifies as formatting although they are visible. */
const DRAWN = /[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]/u;
const SELECTORS = '\\u180b-\\u180d\\u180f\\ufe00-\\ufe0f\\u{e0100}-\\u{e01ef}';
const SUSPECT = new RegExp(`[${INVISIBLE}${SELECTORS}]|\\p{Cs}`, 'u');
const EACH = new RegExp(`[${INVISIBLE}${SELECTORS}]|\\p{Cs}`, 'gu');
const SELECTOR = new RegExp(`[${SELECTORS}]`, 'u');
/** Line feed, vertical tab, form feed, carriage return, next line, and Unicode's separators of lines and paragraphs. */
const LINE_BREAK = /\r\n|[\n\v\f\r\u0085\u2028\u2029]/g;
const ZERO_WIDTH_NON_JOINER = '\u200c';
const ZERO_WIDTH_JOINER = '\u200d';
const PLAIN_SCRIPT = /[\p{sc=Latin}\p{sc=Greek}\p{sc=Cyrillic}\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/u;

/**
 * Returns one line of text that is safe in a terminal, a title, a label or a header, and safe to type into a window.
 *
 * Removes control characters (escape sequences lose their ESC and with it their effect), direction marks, overrides and
 * isolates, zero-width characters, tags and annotations. Line breaks and tabs become one space, an unpaired surrogate
 * becomes U+FFFD. Letters of every script stay, including right-to-left ones, and so do the joiners that Persian, Indic
 * scripts and emoji need. Idempotent.
 */
export function toPrintable(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return strip(text.replace(/[ \t]*(?:\r\n|[\t\n\v\f\r\u0085\u2028\u2029])[\s\u0085]*/g, ' '), '');
}

/** Like `toPrintable` for text of several lines: every kind of line break becomes `\n`, and tabs stay. */
export function toPrintableLines(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return strip(text.replace(LINE_BREAK, '\n'), '\n\t');
}

/** `value` as JSON in which every character that may be invisible is a `\u` escape, so that nothing is lost. */
export function toPrintableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(EACH, (character) =>
    // JSON escapes line breaks in strings, so a raw one is indentation.
    character === '\n' ? character : character.replace(/./gs, escapeUnit),
  );
}

const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

function strip(text: string, kept: string): string {
  let clean = '';
  // The last code point that was kept.
  let before = '';
  for (const character of text) {
    if (SUSPECT.test(character) && !kept.includes(character)) {
      if (/\p{Cs}/u.test(character)) before = '\ufffd';
      else if (DRAWN.test(character) || isJoined(character, before)) before = character;
      else continue;
    } else before = character;
    clean += before;
  }
  return clean;
}

/** Whether a joiner or variation selector follows a character that it applies to; a second one in a row does not. */
function isJoined(character: string, before: string): boolean {
  const isLetter = /[\p{L}\p{M}]/u.test(before) && !SELECTOR.test(before);
  const isComplexScript = isLetter && !PLAIN_SCRIPT.test(before);
  const isEmoji = /[\p{Extended_Pictographic}\p{Emoji_Modifier}]/u.test(before);
  if (character === ZERO_WIDTH_NON_JOINER) return isComplexScript;
  if (character === ZERO_WIDTH_JOINER) return isComplexScript || isEmoji || before === '\ufe0f';
  if (!SELECTOR.test(character)) return false;
  // A keycap is a digit followed by a selector.
  return isLetter || isEmoji || /[\p{N}\p{S}#*]/u.test(before);
}
