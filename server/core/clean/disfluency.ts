import { type Chunk, isUnspaced } from './chunks.ts';
import { areHesitations, isHesitation } from './fillers.ts';
import { isNegation, isNumber, isProperName, isSentenceEnd, isSmallWord } from './meaning.ts';

/** A range of spoken chunks, `to` excluded. */
export interface ChunkRange {
  readonly from: number;
  readonly to: number;
}

/** A correction that takes back more words than this is another kind of rewrite. */
const CORRECTION_WORDS_MAX = 8;
const STUMBLE_WORDS_MAX = 12;
/** How many words before a broken-off one may be repeated with it. */
const REPEATED_BEFORE_BROKEN_MAX = 3;

/** Phrases that announce a correction of the words before. Longest first. */
const CORRECTIONS = [
  'sorry i mean',
  'no i mean',
  'no sorry',
  'no wait',
  'or rather',
  'i mean',
  'actually',
  'rather',
  'sorry',
  'wait',
  'no',
];
/** Phrases people fill pauses with; set off by commas, they add nothing to a sentence. */
const ASIDES: ReadonlySet<string> = new Set([
  ...['you know', 'i mean', 'you see', 'like', 'well', 'so', 'okay', 'ok', 'right', 'kind of', 'sort of', 'basically'],
  'actually',
]);
/** Words whose double is grammatical: "he had had enough". */
const GRAMMATICAL_DOUBLES: ReadonlySet<string> = new Set(['had']);
/** Chinese pronouns and particles that are stammered; other doubled characters are words. */
const UNSPACED_STAMMERS: ReadonlySet<string> = new Set(['我', '你', '他', '她', '这', '那', '就']);

const endsInPause = (text: string): boolean => /[,;–—-]$/u.test(text);
const isBrokenOff = (text: string): boolean => /\p{L}[-–—]+,?$/u.test(text);

/**
 * Whether a removed range is a hesitation, a repeat, a broken-off word, a filler phrase, or something the speaker took
 * back. Several of them may follow each other.
 */
export function isDisfluency(range: ChunkRange, spoken: readonly Chunk[], language: string): boolean {
  if (isUnspaced(language)) return isUnspacedStumble(range, spoken, language);
  const indices: number[] = [];
  const end = Math.min(spoken.length, range.to + 2 * STUMBLE_WORDS_MAX);
  for (let index = range.from; index < end; index++)
    if (!isHesitation(spoken[index]!.text, language)) indices.push(index);
  const words = indices.filter((index, i) => !isStammered(spoken[index]!, spoken[indices[i + 1]!], language));
  const count = words.filter((index) => index < range.to).length;
  const after = words.slice(count).map((place) => spoken[place]!);
  const context = { before: spoken.slice(0, range.from), after };
  // isAllStumbles[i]: from the i-th word to the end of the range there are only disfluencies.
  const isAllStumbles: boolean[] = Array.from({ length: count + 1 }, (_, i) => i === count);
  for (let i = count - 1; i >= 0; i--) {
    for (let to = i + 1; to <= Math.min(count, i + STUMBLE_WORDS_MAX) && !isAllStumbles[i]; to++) {
      isAllStumbles[i] =
        isAllStumbles[to]! && isSingleStumble(words.slice(i, to), words.slice(to), context, spoken, language);
    }
  }
  return isAllStumbles[0]!;
}

/** The kept words before and after a range. A copy that is also removed justifies nothing. */
interface KeptContext {
  readonly before: readonly Chunk[];
  readonly after: readonly Chunk[];
}

/** "th- the", "we we": just a sound, like a hesitation, whatever surrounds it. */
function isStammered({ text, bare }: Chunk, next: Chunk | undefined, language: string): boolean {
  if (next === undefined || isNumber(bare, language) || GRAMMATICAL_DOUBLES.has(bare)) return false;
  return bare === next.bare || (isBrokenOff(text) && next.bare.startsWith(bare));
}

/** `at` and `next` are indices of words in `spoken` without hesitations: the removed ones, and those after them. */
function isSingleStumble(
  at: readonly number[],
  next: readonly number[],
  context: KeptContext,
  spoken: readonly Chunk[],
  language: string,
): boolean {
  const words = at.map((place) => spoken[place]!);
  const after = next.slice(0, words.length + REPEATED_BEFORE_BROKEN_MAX).map((place) => spoken[place]!);
  return (
    isRepeat(words, after, context, language) ||
    isRestart(words, after) ||
    isAside(at, spoken) ||
    isCorrection(at, after[0], spoken, language)
  );
}

/** "I wan- I want", "the the": the same words follow or precede; a broken-off word matches the complete one. */
function isRepeat(words: readonly Chunk[], after: readonly Chunk[], context: KeptContext, language: string): boolean {
  if (words.some(({ bare }) => isNumber(bare, language))) return false;
  if (words.length === 1 && GRAMMATICAL_DOUBLES.has(words[0]!.bare)) return false;
  const earlier = context.before.slice(-words.length);
  return (
    isRepeatedIn(words, after) ||
    isRepeatedIn(words, context.after) ||
    isBrokenOffAlone(words, after, context.before) ||
    (earlier.length === words.length && words.every(({ bare }, i) => bare === earlier[i]!.bare))
  );
}

const isRepeatedIn = (words: readonly Chunk[], after: readonly Chunk[]): boolean =>
  words.every(
    ({ text, bare }, i) => bare === after[i]?.bare || (isBrokenOff(text) && after[i]?.bare.startsWith(bare) === true),
  );

/** "I wan- I want" shortened to "I … I want": the broken-off word was removed without the repeated ones. */
function isBrokenOffAlone(
  [brokenOff, ...rest]: readonly Chunk[],
  after: readonly Chunk[],
  before: readonly Chunk[],
): boolean {
  if (brokenOff === undefined || rest.length > 0 || !isBrokenOff(brokenOff.text)) return false;
  for (let back = 1; back <= Math.min(REPEATED_BEFORE_BROKEN_MAX, before.length); back++) {
    const again = before.slice(-back).every(({ bare }, i) => bare === after[i]?.bare);
    if (again && after[back]?.bare.startsWith(brokenOff.bare) === true) return true;
  }
  return false;
}

/** "She is, she was": a few small words, broken off and restarted with the same one. */
function isRestart(words: readonly Chunk[], after: readonly Chunk[]): boolean {
  const small = words.every(({ bare }) => isSmallWord(bare));
  return small && words.length <= 4 && words[0]!.bare === after[0]?.bare && endsInPause(words.at(-1)!.text);
}

/** "It's, like, hard": with a pause or a sentence boundary on both sides. "I like it" has none. */
function isAside(at: readonly number[], spoken: readonly Chunk[]): boolean {
  if (!ASIDES.has(at.map((place) => spoken[place]!.bare).join(' '))) return false;
  const before = spoken[at[0]! - 1]?.text;
  const last = at.at(-1)!;
  const opened = before === undefined || /[,;.?!–—-]$/u.test(before);
  const closed =
    endsInPause(spoken[last]!.text) || (last === spoken.length - 1 && before !== undefined && endsInPause(before));
  return opened && closed;
}

/**
 * "on Thursday, no, on Friday": ends with a correction, and the words after it replace those before: they begin with
 * the same word, or are a number for a number or a name for a name.
 */
function isCorrection(
  at: readonly number[],
  next: Chunk | undefined,
  spoken: readonly Chunk[],
  language: string,
): boolean {
  if (at.length < 2 || at.length > CORRECTION_WORDS_MAX || next === undefined) return false;
  const words = at.map((place) => spoken[place]!);
  const text = words.map(({ bare }) => bare).join(' ');
  const cue = CORRECTIONS.find((phrase) => text.endsWith(` ${phrase}`));
  if (cue === undefined) return false;
  const cueWords = cue.split(' ').length;
  const old = words.slice(0, -cueWords);
  // Without pauses around it "no" belongs to the sentence: "he said no", "no one".
  const firstCue = at[at.length - cueWords]!;
  if (!endsInPause(spoken[firstCue - 1]!.text)) return false;
  if (cueWords === 1 && !endsInPause(words.at(-1)!.text)) return false;
  const isEnd = (text: string, i: number): boolean => isSentenceEnd(text, words[i + 1]!.text, language);
  if (old.some(({ bare, text }, i) => isNegation(bare) || isEnd(text, i))) return false;
  const first = old[0]!;
  if (first.bare === next.bare) return true;
  if (old.length > 1) return false;
  const numbers = isNumber(first.bare, language) && isNumber(next.bare, language);
  return (
    numbers || (isProperName(first.text, spoken[at[0]! - 1]?.text, language) && isProperName(next.text, '', language))
  );
}

/** In unspaced languages only hesitations and repeated words are removed. */
function isUnspacedStumble(range: ChunkRange, spoken: readonly Chunk[], language: string): boolean {
  const text = joinBare(spoken.slice(range.from, range.to));
  if (areHesitations(text, language)) return true;
  if (/\p{N}|[一二三四五六七八九十百千万億零〇两]/u.test(text)) return false;
  const length = range.to - range.from;
  if (length === 1 && !UNSPACED_STAMMERS.has(text)) return false;
  return (
    text === joinBare(spoken.slice(range.to, range.to + length)) ||
    text === joinBare(spoken.slice(Math.max(0, range.from - length), range.from))
  );
}

const joinBare = (chunks: readonly Chunk[]): string => chunks.map(({ bare }) => bare).join('');
