import type { Change } from '../../../protocol/index.ts';
import { type Chunk, chunksOf } from './chunks.ts';
import { isFiller } from './fillers.ts';

export type Verdict =
  | { readonly accepted: true; readonly changes: readonly Change[] }
  | { readonly accepted: false; readonly reason: string };

/** Phrases that may stand in front of a stumble. */
const PHRASES = [
  ['i', 'mean'],
  ['you', 'know'],
];
/** Words a sentence is begun with and broken off after, without anything having been said. */
const SMALL: ReadonlySet<string> = new Set(
  (
    'i you he she it we they there this that these those is are was were be been am do does did have has had will would can ' +
    "could should may might must i'm i've i'd i'll you're he's she's it's we're they're the a an my your his her our their " +
    'to of in on at for with from by and but or so if when what who which'
  ).split(' '),
);

/** Share of words that may go without being a filler, a repeat or a restart. */
const LOST_SHARE_MAX = 0.12;
/** A correction that takes back more than this is a rewrite of another kind. */
const CORRECTION_WORDS_MAX = 8;

const NEGATIONS =
  /^(no|not|never|none|nobody|nothing|neither|nor|without|cannot|.*n't|kein|keine|keinen|nicht|nie|niemals|ne|pas|jamais|sans|nunca|jamás|sin|não|nem|sem|non|mai|senza|geen|niet|不|没|沒|無|ない|ません)$/;
/** Words that announce that what stood before is taken back. */
const CORRECTIONS = [
  'no',
  'sorry',
  'rather',
  'actually',
  'wait',
  'i mean',
  'no wait',
  'or rather',
  'no sorry',
  'sorry i mean',
  'well',
];
/** Phrases people fill pauses with; without them a sentence says the same. */
const DISCOURSE = [
  'you know',
  'i mean',
  'like',
  'well',
  'so',
  'okay',
  'ok',
  'right',
  'kind of',
  'sort of',
  'basically',
  'actually',
  'and',
  'but',
  'or',
  'the',
  'a',
  'i',
];

/**
 * Accepts a rewrite only if it says what was said: no word that was not there, in the same order, with every number,
 * name and negation, and nothing gone but hesitations, repeats, restarts and things the speaker took back.
 */
export function judge(raw: string, rewrite: string, language: string): Verdict {
  const said = chunksOf(raw, language);
  const kept = chunksOf(rewrite, language);
  const pairs = pair(said, kept);
  if (pairs === undefined) return refuse('it holds words that were not said');
  const lost: Chunk[] = [];
  for (const run of removedRuns(said, pairs)) {
    if (isHarmless(run, said, language)) continue;
    for (const chunk of said.slice(run.from, run.to)) {
      if (isFiller(chunk.bare, language)) continue;
      const reason = precious(chunk, said, language);
      if (reason !== undefined) return refuse(`it loses a ${reason}`);
      lost.push(chunk);
    }
  }
  if (lost.length > said.length * LOST_SHARE_MAX) return refuse('it loses too many words');
  return { accepted: true, changes: changesOf(raw, said, kept, pairs) };
}

const refuse = (reason: string): Verdict => ({ accepted: false, reason });

/** For every kept chunk the index of the said chunk it is; the last possible one, so that of repeats the last stays. */
function pair(said: readonly Chunk[], kept: readonly Chunk[]): number[] | undefined {
  const pairs: number[] = [];
  let at = said.length - 1;
  for (let i = kept.length - 1; i >= 0; i--) {
    while (at >= 0 && !same(said[at]!, kept[i]!)) at--;
    if (at < 0) return undefined;
    pairs.unshift(at--);
  }
  return pairs;
}

const same = (a: Chunk, b: Chunk): boolean =>
  a.bare === b.bare || a.bare.replaceAll("'", '') === b.bare.replaceAll("'", '');

interface Run {
  readonly from: number;
  readonly to: number;
}

function removedRuns(said: readonly Chunk[], pairs: readonly number[]): Run[] {
  const runs: Run[] = [];
  let from = 0;
  for (const at of [...pairs, said.length]) {
    if (at > from) runs.push({ from, to: at });
    from = at + 1;
  }
  return runs;
}

/** Whether a removed run is a filler, a repeat of its neighbours, a torn word, or something the speaker took back. */
function isHarmless(run: Run, said: readonly Chunk[], language: string): boolean {
  const words = withoutTorn(
    said.slice(run.from, run.to).filter((chunk) => !isFiller(chunk.bare, language)),
    said[run.to],
  );
  if (words.length === 0) return true;
  const text = words.map((chunk) => chunk.bare);
  const after = said
    .slice(run.to)
    .map((chunk) => chunk.bare)
    .filter((bare) => !isFiller(bare, language))
    .slice(0, text.length + 2);
  const before = said.slice(Math.max(0, run.from - text.length), run.from).map((chunk) => chunk.bare);
  if (isBegunAgain(words, after) || text.every((word, i) => word === before[i]) || repeatsWithin(text, after))
    return true;
  if (isRestart(words, after)) return true;
  if (DISCOURSE.includes(text.join(' ')) && !hasPrecious(words, said, language)) return true;
  if (isTakenBack(text, after)) return true;
  // "I mean, we we": a phrase of the pause in front of something else that is harmless.
  const phrase = PHRASES.find((each) => text.length > each.length && each.every((word, i) => word === text[i]));
  return phrase !== undefined && isHarmless({ from: said.indexOf(words[phrase.length]!), to: run.to }, said, language);
}

/** "th- the": a word broken off and begun again says nothing by itself. */
function withoutTorn(words: readonly Chunk[], after: Chunk | undefined): readonly Chunk[] {
  return words.filter(({ text, bare }, i) => {
    const next = words[i + 1] ?? after;
    return !(/[-–—],?$/.test(text) && next?.bare.startsWith(bare) === true);
  });
}

/** "I wan- I want": the same words follow, where a word broken off counts as the whole one. */
function isBegunAgain(words: readonly Chunk[], after: readonly string[]): boolean {
  return words.every(
    ({ text, bare }, i) => bare === after[i] || (/[-–—],?$/.test(text) && after[i]?.startsWith(bare) === true),
  );
}

/** "She is, she was": a few small words, broken off at a comma and begun again with the same one. */
function isRestart(words: readonly Chunk[], after: readonly string[]): boolean {
  const last = words.at(-1)!.text;
  const small = words.every(({ bare }) => SMALL.has(bare));
  return words.length <= 4 && small && words[0]!.bare === after[0] && /[,–—-]$/.test(last);
}

/** "the the the", "we should we": the run and what follows are one phrase said again and again. */
function repeatsWithin(text: readonly string[], after: readonly string[]): boolean {
  const all = [...text, ...after];
  for (let period = 1; period <= text.length; period++) {
    if (text.every((word, i) => word === all[i + period])) return true;
  }
  return false;
}

/** "on Thursday, no, on Friday": ends in a correction, and what follows takes its place. */
function isTakenBack(text: readonly string[], after: readonly string[]): boolean {
  if (text.length > CORRECTION_WORDS_MAX) return false;
  const cue = CORRECTIONS.filter((phrase) => text.join(' ').endsWith(` ${phrase}`)).sort(
    (a, b) => b.length - a.length,
  )[0];
  if (cue === undefined) return false;
  const old = text.slice(0, text.length - cue.split(' ').length);
  const next = after[0];
  if (next === undefined || old.some((word) => NEGATIONS.test(word))) return false;
  // The new words begin like the old ones, or a number takes the place of a number.
  return old.includes(next) || (old.length === 1 && /\d/.test(old[0]!) === /\d/.test(next) && after.length > 0);
}

const hasPrecious = (words: readonly Chunk[], said: readonly Chunk[], language: string): boolean =>
  words.some((word) => precious(word, said, language) !== undefined);

/** What must not get lost: numbers, negations, names. */
function precious(chunk: Chunk, said: readonly Chunk[], language: string): 'number' | 'negation' | 'name' | undefined {
  if (/\p{N}/u.test(chunk.bare)) return 'number';
  if (NEGATIONS.test(chunk.bare)) return 'negation';
  const first = chunk === said[0];
  // German writes all nouns with a capital, so there a capital says little; it is kept all the same.
  const capital = /^\p{P}*\p{Lu}/u.test(chunk.text) && !/^(I|I'.+)$/.test(chunk.bare.toUpperCase());
  return capital && !first && language !== 'ja' ? 'name' : undefined;
}

/** The difference as places in the raw text, for people to see. */
function changesOf(raw: string, said: readonly Chunk[], kept: readonly Chunk[], pairs: readonly number[]): Change[] {
  const changes: Change[] = [];
  for (const run of removedRuns(said, pairs)) {
    const to = said[run.to]?.from ?? raw.length;
    changes.push({ kind: 'removed', from: said[run.from]!.from, to, text: '' });
  }
  for (const [i, at] of pairs.entries()) {
    const { from, to, text } = said[at]!;
    if (text !== kept[i]!.text) changes.push({ kind: 'replaced', from, to, text: kept[i]!.text });
  }
  return changes.sort((a, b) => a.from - b.from);
}
