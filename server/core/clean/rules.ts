import { extractBareWord, isUnspaced, removeStammer } from './chunks.ts';
import { isHesitation, removeUnspacedFillers } from './fillers.ts';
import { capitalise, finishSentence } from './finish-sentence.ts';
import { endsSentence, isNumber, isProperName, isSmall } from './meaning.ts';
import { isAccidentalRepeat, isIntentionalRepeat } from './repeats.ts';

/**
 * Deterministic cleaning: hesitations, words and phrases said twice, torn words, casing, the final full stop. Leaves
 * alone whatever is in doubt, and in languages without spaces everything but hesitations.
 */
export function cleanByRules(text: string, language: string): string {
  const trimmed = text.trim().replace(/\s+/g, ' ');
  if (trimmed === '') return '';
  if (isUnspaced(language)) return finishUnlessEmpty(removeUnspacedFillers(trimmed, language), language);
  let words = withoutFillers(trimmed.split(' '), language);
  if (words.length === 0) return '';
  if (language === 'en') words = words.map(removeStammer);
  // What one rule takes away may bring two copies together for another.
  for (let before = 0; before !== words.length; ) {
    before = words.length;
    words = withoutTorn(words, language);
    if (language === 'en') words = withoutPhrases(withoutOpenEnds(words));
    words = withoutDoubles(words, language);
  }
  return finishSentence(words.join(' '), language);
}

/** Nothing but hesitations and punctuation is nothing; punctuation alone was never words, and stays. */
const finishUnlessEmpty = (text: string, language: string): string =>
  text.replace(/[\p{P}\s]/gu, '') === '' ? '' : finishSentence(text, language);

/** Takes out `count` words; what follows begins the sentence if they did. */
function cut(words: readonly string[], from: number, count: number, language: string): string[] {
  const rest = words.slice(from + count);
  const before = words[from - 1];
  const began = (before === undefined || endsSentence(before)) && /^\P{L}*\p{Lu}/u.test(words[from]!);
  if (began && rest[0] !== undefined) rest[0] = capitalise(rest[0], language);
  return [...words.slice(0, from), ...rest];
}

/** Drops hesitations, with the commas of their pause; the mark behind one that ended a sentence goes to the word before. */
function withoutFillers(words: readonly string[], language: string): string[] {
  let kept = [...words];
  for (let at = 0; at < kept.length; ) {
    const word = kept[at]!;
    if (!isHesitation(word, language)) {
      at++;
      continue;
    }
    kept = cut(kept, at, 1, language);
    const before = kept[at - 1];
    if (before === undefined) continue;
    const mark = /[.?!…]+["'”’)]*$/u.exec(word)?.[0];
    if (mark !== undefined && !endsSentence(before)) kept[at - 1] = before.replace(/[,;:]$/, '') + mark;
    // After a small word the comma is the pause's; after others it may separate clauses or the items of a list.
    else if (/,$/.test(before) && language === 'en' && isSmall(extractBareWord(before)))
      kept[at - 1] = before.slice(0, -1);
  }
  return kept;
}

/** "th- the", "I wan- I want": a word broken off and begun again, with up to three words before it. */
function withoutTorn(words: readonly string[], language: string): string[] {
  let kept = [...words];
  for (let at = 0; at < kept.length; at++) {
    if (!/^\P{L}*\p{L}+[-–—]+,?$/u.test(kept[at]!)) continue;
    for (let back = 0; back <= Math.min(3, at); back++) {
      const again = kept[at + back + 1];
      const same = kept.slice(at - back, at).every((word, i) => isSameWord(word, kept[at + 1 + i], language));
      if (again === undefined || !same || !extractBareWord(again).startsWith(extractBareWord(kept[at]!))) continue;
      kept = cut(kept, at - back, back + 1, language);
      at -= back + 1;
      break;
    }
  }
  return kept;
}

/** The same word twice, and no number: "five th- five" may be two of them. */
const isSameWord = (word: string, other: string | undefined, language: string): boolean =>
  extractBareWord(word) === extractBareWord(other ?? '') && !isNumber(extractBareWord(word), language);

/** "to the, to our": nothing ends with an article, so what was begun again goes. */
function withoutOpenEnds(words: readonly string[]): string[] {
  let kept = [...words];
  for (let at = 0; at + 1 < kept.length; at++) {
    if (!/^(the|a|an|my|our|your|their)[,–—-]$/i.test(kept[at]!)) continue;
    for (let back = 0; back <= Math.min(1, at); back++) {
      const begun = kept.slice(at - back, at);
      if (
        extractBareWord(kept[at - back]!) !== extractBareWord(kept[at + 1]!) ||
        !begun.every((word) => isSmall(extractBareWord(word)) && !endsSentence(word))
      )
        continue;
      kept = cut(kept, at - back, back + 1, 'en');
      at -= back + 1;
      break;
    }
  }
  return kept;
}

/** "I think, I think we": the first copy of a phrase of two to four words goes. */
function withoutPhrases(words: readonly string[]): string[] {
  let kept = [...words];
  for (let length = 4; length >= 2; length--) {
    for (let at = 0; at + 2 * length <= kept.length; ) {
      const first = kept.slice(at, at + length);
      const second = kept.slice(at + length, at + 2 * length);
      const equal = first.every(
        (word, i) => extractBareWord(word) === extractBareWord(second[i]!) && extractBareWord(word) !== '',
      );
      if (equal && !isPhraseMeant(first, second, kept[at - 1])) kept = cut(kept, at, length, 'en');
      else at++;
    }
  }
  return kept;
}

/** Sentences, numbers, names, "over and over and", "I know it was, it was": said twice on purpose, or perhaps. */
function isPhraseMeant(first: readonly string[], second: readonly string[], before: string | undefined): boolean {
  const comma = first.at(-1)!.endsWith(',');
  const inside = before !== undefined && !endsSentence(before);
  return (
    first.some((word) => endsSentence(word) || isNumber(extractBareWord(word), 'en')) ||
    second.some((word) => isProperName(word, '') && !isSmall(extractBareWord(word))) ||
    first.every((word) => isIntentionalRepeat(extractBareWord(word))) ||
    (!comma && first.some((word) => /^(and|by|after|upon)$/i.test(extractBareWord(word)))) ||
    (comma && inside && /^(it|that|you|this|there|here|her)$/.test(extractBareWord(first[0]!)))
  );
}

function withoutDoubles(words: readonly string[], language: string): string[] {
  let kept = [...words];
  for (let at = 0; at + 1 < kept.length; ) {
    if (isAccidentalRepeat(kept[at]!, kept[at + 1]!, kept[at - 1], language)) kept = cut(kept, at, 1, language);
    else at++;
  }
  return kept;
}
