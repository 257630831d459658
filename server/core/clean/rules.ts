import { extractBareWord, isUnspaced, removeStammer } from './chunks.ts';
import { isHesitation, removeUnspacedFillers } from './fillers.ts';
import { capitalise, finishSentence } from './finish-sentence.ts';
import { hasEndMark, isNumber, isProperName, isSentenceEnd, isSmallWord } from './meaning.ts';
import { findDeliberateRepeats, isAccidentalRepeat, isIntentionalRepeat } from './repeats.ts';

/**
 * Cleans text deterministically: hesitations, repeated words and phrases, broken-off words, casing, the final full
 * stop. Doubtful cases stay as they are, and in unspaced languages everything except hesitations.
 */
export function cleanByRules(text: string, language: string): string {
  const trimmed = text.trim().replace(/\s+/g, ' ');
  if (trimmed === '') return '';
  if (isUnspaced(language)) return finishUnlessEmpty(removeUnspacedFillers(trimmed, language), language);
  let words = removeFillers(trimmed.split(' '), language);
  if (words.length === 0) return '';
  if (language === 'en') words = words.map(removeStammer);
  // What one rule removes may make two copies adjacent for another.
  for (let before = 0; before !== words.length; ) {
    before = words.length;
    words = removeBrokenOff(words, language);
    if (language === 'en') words = removeRepeatedPhrases(removeAbandonedArticles(words));
    words = removeRepeatedWords(words, language);
  }
  return finishSentence(words.join(' '), language);
}

/** Text that was only hesitations and punctuation becomes empty; other punctuation on its own stays. */
const finishUnlessEmpty = (text: string, language: string): string =>
  text.replace(/[\p{P}\s]/gu, '') === '' ? '' : finishSentence(text, language);

/** Removes `count` words; if they began the sentence, the next word is capitalised. */
function removeWords(words: readonly string[], from: number, count: number, language: string): string[] {
  const rest = words.slice(from + count);
  const before = words[from - 1];
  const isStart = before === undefined || isSentenceEnd(before, words[from], language);
  const wasSentenceStart = isStart && /^\P{L}*\p{Lu}/u.test(words[from]!);
  if (wasSentenceStart && rest[0] !== undefined) rest[0] = capitalise(rest[0], language);
  return [...words.slice(0, from), ...rest];
}

/**
 * Removes hesitations with the commas of their pause; the mark after one that ended a sentence moves to the word
 * before.
 */
function removeFillers(words: readonly string[], language: string): string[] {
  let kept = [...words];
  for (let index = 0; index < kept.length; ) {
    const word = kept[index]!;
    if (!isHesitation(word, language)) {
      index++;
      continue;
    }
    kept = removeWords(kept, index, 1, language);
    const before = kept[index - 1];
    if (before === undefined) continue;
    const mark = /[.?!…]+["'”’)]*$/u.exec(word)?.[0];
    if (mark !== undefined && !hasEndMark(before)) kept[index - 1] = before.replace(/[,;:]$/, '') + mark;
    // After a small word the comma belongs to the pause; after others it may separate clauses or list items.
    else if (/,$/.test(before) && language === 'en' && isSmallWord(extractBareWord(before)))
      kept[index - 1] = before.slice(0, -1);
  }
  return kept;
}

/** "th- the", "I wan- I want": removes a word that was broken off and restarted, with up to three words before it. */
function removeBrokenOff(words: readonly string[], language: string): string[] {
  let kept = [...words];
  for (let index = 0; index < kept.length; index++) {
    if (!/^\P{L}*\p{L}+[-–—]+,?$/u.test(kept[index]!)) continue;
    for (let back = 0; back <= Math.min(3, index); back++) {
      const restarted = kept[index + back + 1];
      const same = kept.slice(index - back, index).every((word, i) => isSameWord(word, kept[index + 1 + i], language));
      if (restarted === undefined || !same || !extractBareWord(restarted).startsWith(extractBareWord(kept[index]!)))
        continue;
      kept = removeWords(kept, index - back, back + 1, language);
      index -= back + 1;
      break;
    }
  }
  return kept;
}

/** The same word, unless it is a number: "five th- five" may be two numbers. */
const isSameWord = (word: string, other: string | undefined, language: string): boolean =>
  extractBareWord(word) === extractBareWord(other ?? '') && !isNumber(extractBareWord(word), language);

/** "to the, to our": nothing ends with an article, so the abandoned start is removed. */
function removeAbandonedArticles(words: readonly string[]): string[] {
  let kept = [...words];
  for (let index = 0; index + 1 < kept.length; index++) {
    if (!/^(the|a|an|my|our|your|their)[,–—-]$/i.test(kept[index]!)) continue;
    for (let back = 0; back <= Math.min(1, index); back++) {
      const abandoned = kept.slice(index - back, index);
      if (
        extractBareWord(kept[index - back]!) !== extractBareWord(kept[index + 1]!) ||
        !abandoned.every((word) => isSmallWord(extractBareWord(word)) && !hasEndMark(word))
      )
        continue;
      kept = removeWords(kept, index - back, back + 1, 'en');
      index -= back + 1;
      break;
    }
  }
  return kept;
}

/** "I think, I think we": removes the first copy of a phrase of two to four words. */
function removeRepeatedPhrases(words: readonly string[]): string[] {
  let kept = [...words];
  for (let length = 4; length >= 2; length--) {
    for (let index = 0; index + 2 * length <= kept.length; ) {
      const first = kept.slice(index, index + length);
      const second = kept.slice(index + length, index + 2 * length);
      const equal = first.every(
        (word, i) => extractBareWord(word) === extractBareWord(second[i]!) && extractBareWord(word) !== '',
      );
      const isOnPurpose = isIntentionalPhrase(first, second, kept[index - 1]) || isDeliberate(kept, index);
      if (equal && !isOnPurpose) kept = removeWords(kept, index, length, 'en');
      else index++;
    }
  }
  return kept;
}

/**
 * Whether a repeated phrase may be intended: sentences, numbers, names, "over and over and", "I know it was, it was".
 */
function isIntentionalPhrase(first: readonly string[], second: readonly string[], before: string | undefined): boolean {
  const comma = first.at(-1)!.endsWith(',');
  const inside = before !== undefined && !isSentenceEnd(before, first[0], 'en');
  const isEnd = (word: string, i: number): boolean => isSentenceEnd(word, first[i + 1] ?? second[0], 'en');
  return (
    first.some((word, i) => isEnd(word, i) || isNumber(extractBareWord(word), 'en')) ||
    second.some((word) => isProperName(word, '', 'en') && !isSmallWord(extractBareWord(word))) ||
    first.every((word) => isIntentionalRepeat(extractBareWord(word))) ||
    (!comma && first.some((word) => /^(and|by|after|upon)$/i.test(extractBareWord(word)))) ||
    (comma && inside && /^(it|that|you|this|there|here|her)$/.test(extractBareWord(first[0]!)))
  );
}

/** Whether the word at `index` belongs to something that was said again on purpose. */
const isDeliberate = (words: readonly string[], index: number, language = 'en'): boolean =>
  findDeliberateRepeats(words, language).some(({ from, to }) => from <= index && index < to);

function removeRepeatedWords(words: readonly string[], language: string): string[] {
  let kept = [...words];
  for (let index = 0; index + 1 < kept.length; ) {
    const isAccidental = isAccidentalRepeat(kept[index]!, kept[index + 1]!, kept[index - 1], language);
    if (isAccidental && !isDeliberate(kept, index, language)) kept = removeWords(kept, index, 1, language);
    else index++;
  }
  return kept;
}
