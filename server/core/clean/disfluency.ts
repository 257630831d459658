import { type Chunk, isUnspaced } from './chunks.ts';
import { areHesitations, isHesitation } from './fillers.ts';
import { isNegation, isNumber, isProperName, isSmall } from './meaning.ts';

/** Places in the list of said chunks, `to` excluded. */
export interface ChunkRange {
  readonly from: number;
  readonly to: number;
}

/** A correction that takes back more than this is a rewrite of another kind. */
const CORRECTION_WORDS_MAX = 8;
const STUMBLE_WORDS_MAX = 12;
/** How many words before a torn one are said again with it. */
const TORN_BACK_MAX = 3;

/** Words that announce that what stood before is taken back. Longest first. */
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
/** Phrases people fill pauses with; set off by commas, a sentence says the same without them. */
const ASIDES: ReadonlySet<string> = new Set([
  ...['you know', 'i mean', 'you see', 'like', 'well', 'so', 'okay', 'ok', 'right', 'kind of', 'sort of', 'basically'],
  'actually',
]);
/** Words whose double is grammar: "he had had enough". */
const GRAMMATICAL_DOUBLES: ReadonlySet<string> = new Set(['had']);
/** Chinese pronouns and particles that are stammered; other doubled characters are words. */
const UNSPACED_STAMMERS: ReadonlySet<string> = new Set(['我', '你', '他', '她', '这', '那', '就']);

const endsInPause = (text: string): boolean => /[,;–—-]$/u.test(text);
const isTorn = (text: string): boolean => /\p{L}[-–—]+,?$/u.test(text);

/**
 * Whether what was removed is a hesitation, a repeat, a word torn off, a phrase of the pause, or something the speaker
 * took back. Several of them may follow each other.
 */
export function isDisfluency(run: ChunkRange, said: readonly Chunk[], language: string): boolean {
  if (isUnspaced(language)) return isUnspacedStumble(run, said, language);
  const spoken: number[] = [];
  const end = Math.min(said.length, run.to + 2 * STUMBLE_WORDS_MAX);
  for (let at = run.from; at < end; at++) if (!isHesitation(said[at]!.text, language)) spoken.push(at);
  const words = spoken.filter((at, i) => !isStammered(said[at]!, said[spoken[i + 1]!], language));
  const count = words.filter((at) => at < run.to).length;
  const behind = words.slice(count).map((place) => said[place]!);
  const around = { before: said.slice(0, run.from), behind };
  // fine[i]: from the i-th word to the end of the run there are only stumbles.
  const fine: boolean[] = Array.from({ length: count + 1 }, (_, i) => i === count);
  for (let i = count - 1; i >= 0; i--) {
    for (let to = i + 1; to <= Math.min(count, i + STUMBLE_WORDS_MAX) && !fine[i]; to++) {
      fine[i] = fine[to]! && isOneStumble(words.slice(i, to), words.slice(to), around, said, language);
    }
  }
  return fine[0]!;
}

/** What stands before and behind a run, and is kept. A copy that goes too justifies nothing. */
interface Around {
  readonly before: readonly Chunk[];
  readonly behind: readonly Chunk[];
}

/** "th- the", "we we": nothing but a sound, like a hesitation, wherever else it stands. */
function isStammered({ text, bare }: Chunk, next: Chunk | undefined, language: string): boolean {
  if (next === undefined || isNumber(bare, language) || GRAMMATICAL_DOUBLES.has(bare)) return false;
  return bare === next.bare || (isTorn(text) && next.bare.startsWith(bare));
}

/** `at` and `next` are places of words in `said`, hesitations left out: the ones removed, and the ones behind them. */
function isOneStumble(
  at: readonly number[],
  next: readonly number[],
  around: Around,
  said: readonly Chunk[],
  language: string,
): boolean {
  const words = at.map((place) => said[place]!);
  const after = next.slice(0, words.length + TORN_BACK_MAX).map((place) => said[place]!);
  return (
    isRepeat(words, after, around, language) ||
    isRestart(words, after) ||
    isAside(at, said) ||
    isTakenBack(at, after[0], said, language)
  );
}

/** "I wan- I want", "the the": the same words follow or went before; a word torn off counts as the whole one. */
function isRepeat(words: readonly Chunk[], after: readonly Chunk[], around: Around, language: string): boolean {
  if (words.some(({ bare }) => isNumber(bare, language))) return false;
  if (words.length === 1 && GRAMMATICAL_DOUBLES.has(words[0]!.bare)) return false;
  const earlier = around.before.slice(-words.length);
  return (
    isBegunAgain(words, after) ||
    isBegunAgain(words, around.behind) ||
    isTornAway(words, after, around.before) ||
    (earlier.length === words.length && words.every(({ bare }, i) => bare === earlier[i]!.bare))
  );
}

const isBegunAgain = (words: readonly Chunk[], after: readonly Chunk[]): boolean =>
  words.every(
    ({ text, bare }, i) => bare === after[i]?.bare || (isTorn(text) && after[i]?.bare.startsWith(bare) === true),
  );

/** "I wan- I want" of which "I … I want" is kept: the torn word went without the ones said again with it. */
function isTornAway([torn, ...rest]: readonly Chunk[], after: readonly Chunk[], before: readonly Chunk[]): boolean {
  if (torn === undefined || rest.length > 0 || !isTorn(torn.text)) return false;
  for (let back = 1; back <= Math.min(TORN_BACK_MAX, before.length); back++) {
    const again = before.slice(-back).every(({ bare }, i) => bare === after[i]?.bare);
    if (again && after[back]?.bare.startsWith(torn.bare) === true) return true;
  }
  return false;
}

/** "She is, she was": a few small words, broken off and begun again with the same one. */
function isRestart(words: readonly Chunk[], after: readonly Chunk[]): boolean {
  const small = words.every(({ bare }) => isSmall(bare));
  return small && words.length <= 4 && words[0]!.bare === after[0]?.bare && endsInPause(words.at(-1)!.text);
}

/** "It's, like, hard": with a pause, or the sentence's edge, on both sides. "I like it" has none. */
function isAside(at: readonly number[], said: readonly Chunk[]): boolean {
  if (!ASIDES.has(at.map((place) => said[place]!.bare).join(' '))) return false;
  const before = said[at[0]! - 1]?.text;
  const last = at.at(-1)!;
  const opened = before === undefined || /[,;.?!–—-]$/u.test(before);
  const closed =
    endsInPause(said[last]!.text) || (last === said.length - 1 && before !== undefined && endsInPause(before));
  return opened && closed;
}

/**
 * "on Thursday, no, on Friday": ends in a correction, and what follows takes the place of what stood before it: it
 * begins with the same word, or is a number for a number or a name for a name.
 */
function isTakenBack(
  at: readonly number[],
  next: Chunk | undefined,
  said: readonly Chunk[],
  language: string,
): boolean {
  if (at.length < 2 || at.length > CORRECTION_WORDS_MAX || next === undefined) return false;
  const words = at.map((place) => said[place]!);
  const text = words.map(({ bare }) => bare).join(' ');
  const cue = CORRECTIONS.find((phrase) => text.endsWith(` ${phrase}`));
  if (cue === undefined) return false;
  const cueWords = cue.split(' ').length;
  const old = words.slice(0, -cueWords);
  // Without pauses around it "no" belongs to the sentence: "he said no", "no one".
  const firstCue = at[at.length - cueWords]!;
  if (!endsInPause(said[firstCue - 1]!.text)) return false;
  if (cueWords === 1 && !endsInPause(words.at(-1)!.text)) return false;
  if (old.some(({ bare, text }) => isNegation(bare) || /[.?!]$/u.test(text))) return false;
  const first = old[0]!;
  if (first.bare === next.bare) return true;
  if (old.length > 1) return false;
  const numbers = isNumber(first.bare, language) && isNumber(next.bare, language);
  return numbers || (isProperName(first.text, said[at[0]! - 1]?.text) && isProperName(next.text, ''));
}

/** Where characters count, only hesitations and words said twice go. */
function isUnspacedStumble(run: ChunkRange, said: readonly Chunk[], language: string): boolean {
  const text = textOf(said.slice(run.from, run.to));
  if (areHesitations(text, language)) return true;
  if (/\p{N}|[一二三四五六七八九十百千万億零〇两]/u.test(text)) return false;
  const length = run.to - run.from;
  if (length === 1 && !UNSPACED_STAMMERS.has(text)) return false;
  return (
    text === textOf(said.slice(run.to, run.to + length)) ||
    text === textOf(said.slice(Math.max(0, run.from - length), run.from))
  );
}

const textOf = (chunks: readonly Chunk[]): string => chunks.map(({ bare }) => bare).join('');
