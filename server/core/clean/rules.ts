import { bareWord, isUnspaced } from './chunks.ts';
import { isFiller, UNSPACED_FILLERS } from './fillers.ts';

/** English words people say twice on purpose. */
const DOUBLES: ReadonlySet<string> = new Set(
  'that had very no yes bye ha really many much more please well there so okay now never far long way too again blah knock hear yeah never-ever do'.split(
    ' ',
  ),
);

const ENDS = /[.?!…。？！]["'”’»)\]]*$/u;

/**
 * Deterministic cleaning: hesitations, words and phrases said twice, torn words, casing, the final full stop. Leaves
 * alone whatever is in doubt, and in languages without spaces everything but hesitations.
 */
export function cleanByRules(text: string, language: string): string {
  const trimmed = text.trim().replace(/\s+/g, ' ');
  if (trimmed === '') return '';
  if (isUnspaced(language)) {
    const pattern = UNSPACED_FILLERS[language];
    const cleaned = (pattern === undefined ? trimmed : trimmed.replace(pattern, '$1')).trim();
    return finish(cleaned, language);
  }
  let words = withoutFillers(trimmed.split(' '), language);
  words = withoutTorn(words);
  words = language === 'en' ? withoutPhrases(words) : words;
  words = withoutDoubles(words, language);
  return finish(words.join(' '), language);
}

/** Drops hesitations; the punctuation behind one that ended a sentence goes to the word before it. */
function withoutFillers(words: readonly string[], language: string): string[] {
  const kept: string[] = [];
  for (const word of words) {
    if (!isFiller(bareWord(word), language)) {
      kept.push(word);
      continue;
    }
    const mark = /[.?!]$/.exec(word)?.[0];
    const last = kept.at(-1);
    if (mark !== undefined && last !== undefined && !ENDS.test(last))
      kept[kept.length - 1] = last.replace(/[,;:]$/, '') + mark;
  }
  return kept;
}

/** "th- the": a word broken off and begun again. */
function withoutTorn(words: readonly string[]): string[] {
  return words.filter((word, i) => {
    const next = words[i + 1];
    const torn = /^\p{L}+[-–—]$/u.test(word.replace(/,$/, ''));
    return !(torn && next !== undefined && bareWord(next).startsWith(bareWord(word)));
  });
}

/** "I think, I think we": the first copy of a phrase of two to four words goes. */
function withoutPhrases(words: readonly string[]): string[] {
  let kept = [...words];
  for (let length = 4; length >= 2; length--) {
    for (let at = 0; at + 2 * length <= kept.length; ) {
      const first = kept.slice(at, at + length);
      const second = kept.slice(at + length, at + 2 * length);
      const equal = first.every((word, i) => bareWord(word) === bareWord(second[i]!) && bareWord(word) !== '');
      // A sentence's end between the copies, or a number in them, means they were meant.
      const meant =
        first.some((word) => ENDS.test(word) || /\p{N}/u.test(word)) ||
        first.every((word) => DOUBLES.has(bareWord(word)));
      if (equal && !meant) kept = [...kept.slice(0, at), ...kept.slice(at + length)];
      else at++;
    }
  }
  return kept;
}

function withoutDoubles(words: readonly string[], language: string): string[] {
  return words.filter((word, i) => {
    const next = words[i + 1];
    const bare = bareWord(word);
    if (next === undefined || bare === '' || bare !== bareWord(next)) return true;
    if (ENDS.test(word) || /\p{N}/u.test(bare) || (language === 'en' && DOUBLES.has(bare))) return true;
    // A single letter may be spelling; "I I" and "a a" are not.
    if (bare.length === 1 && !(language === 'en' && /^[ia]$/.test(bare))) return true;
    // Elsewhere "nous nous" or "die die" can be right; a comma between them, or a third copy, makes it a stumble.
    return language !== 'en' && !word.endsWith(',') && bareWord(words[i + 2] ?? '') !== bare;
  });
}

function finish(text: string, language: string): string {
  let out = text.replace(/^[,;:、，\s]+/, '').replace(/\s+([,.;:?!])/g, '$1');
  if (bareWord(out) === '') return '';
  out = out.replace(/^(["'“‘(¿¡]*)(\p{Ll})/u, (_, open: string, letter: string) => open + letter.toUpperCase());
  if (language === 'en') out = out.replace(/\bi(?=$|[\s,.;:?!']|'[a-z])/g, 'I');
  if (ENDS.test(out)) return out;
  return out.replace(/[,;:、，]$/, '') + (language === 'zh' || language === 'ja' ? '。' : '.');
}
