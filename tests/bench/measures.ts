import type { EventOf, ServerEvent } from '../../client/sdk/index.ts';
import { findLastFinals } from '../../server/core/capacity/final-delays.ts';
import { StableWordTimes } from '../../server/core/capacity/stable-word-times.ts';
import type { Recording } from '../support/recordings.ts';
import { formerErrorRate, wordErrorRate } from '../support/wer.ts';
import { bare } from './bare-words.ts';
import { type CutErrors, countCutErrors } from './cut-errors.ts';

/** An event with the moment it came, ms after the first audio was sent. */
export interface Arrival {
  readonly atMs: number;
  readonly event: ServerEvent;
}

/** What one recording gave; times in seconds. */
export interface Measured {
  readonly recording: Recording;
  readonly text: string;
  /** First partial − first speech. */
  readonly firstPartial: number | undefined;
  /** Per word: it became stable − it ended in the audio; with the moment it ended. */
  readonly confirmed: readonly { readonly endS: number; readonly delayS: number }[];
  /** Per speech: its last final − its end in the audio. */
  readonly finals: readonly number[];
  /** Per sentence that ended while its speech went on: its final − its end in the audio. */
  readonly midSpeech: readonly { readonly last: EventOf<'final'>['words'][number]; readonly delayS: number }[];
  readonly shownWords: number;
  /** Words once shown and later changed or taken back. */
  readonly takenBack: number;
  /** Finals sent again with another text. */
  readonly revisedFinals: number;
  /** Stable text that was not a prefix of what the same sentence showed next. */
  readonly brokenStable: number;
  /** Words the server showed in partials, each sentence at its longest. */
  readonly partialWords: number;
  readonly suppressed: number;
  readonly lags: number;
  readonly refusedCleanings: number;
  readonly sentences: number;
  readonly repeated: number;
  readonly errors: number;
  readonly words: number;
  readonly cuts: CutErrors;
  /** The errors with the words of second hearings in the place of those that they revised. */
  readonly revisedErrors: number;
  readonly revisedText: string;
  /** Per sentence that was revised: the revision − its end in the audio. */
  readonly revised: readonly number[];
  /** The same by our rule of versions up to 0.1. */
  readonly formerErrors: number;
  readonly formerWords: number;
  /** |start − true start| and the same of ends. */
  readonly timeErrors: readonly number[];
  /** The same, per word paired with the reference, with the moment it truly ended. */
  readonly timed: readonly { readonly endS: number; readonly errorMs: number }[];
  readonly cleaned: readonly number[];
  readonly translated: readonly number[];
  readonly seconds: number;
}

export function measure(recording: Recording, arrivals: readonly Arrival[]): Measured {
  const finals = of(arrivals, 'final');
  const words = finals.flatMap(({ event }) => event.words);
  const text = finals.map(({ event }) => event.text).join(' ');
  const { errors, words: count } = wordErrorRate(recording.text, text, recording.language);
  const former = formerErrorRate(recording.text, text, recording.language);
  const revisions = of(arrivals, 'revised');
  const revisedText = finals
    .map(({ event }) => (revisions.find(({ event: { sentence } }) => sentence === event.sentence)?.event ?? event).text)
    .join(' ');
  const partials = of(arrivals, 'partial').filter(({ event }) => event.words.length > 0);
  const speechAt = recording.words[0] === undefined ? words[0]?.fromMs : recording.words[0].start * 1_000;
  const shown = [partials[0], finals.find(({ event }) => event.words.length > 0)]
    .filter((each) => each !== undefined)
    .toSorted((a, b) => a.atMs - b.atMs)[0];
  return {
    recording,
    text,
    firstPartial: shown === undefined || speechAt === undefined ? undefined : (shown.atMs - speechAt) / 1_000,
    confirmed: confirmedWords(recording, arrivals),
    finals: finalDelays(recording, arrivals),
    midSpeech: midSpeechDelays(recording, arrivals),
    shownWords: words.length,
    takenBack: takenBack(arrivals),
    revisedFinals: revisedFinals(arrivals),
    brokenStable: brokenStable(arrivals),
    partialWords: mostShown(arrivals),
    suppressed: notices(arrivals, 'suppressed'),
    lags: notices(arrivals, 'lag'),
    refusedCleanings: notices(arrivals, 'clean.refused'),
    sentences: finals.length,
    repeated: repeatedPhrases(
      words.map((word) => bare(word.text)),
      recording.text.split(/\s+/).map(bare),
    ),
    errors,
    words: count,
    cuts: countCutErrors(
      recording,
      finals.map(({ event }) => event),
      of(arrivals, 'speech').flatMap(({ event }) => (event.state === 'end' ? [event.atMs] : [])),
    ),
    revisedErrors: wordErrorRate(recording.text, revisedText, recording.language).errors,
    revisedText,
    revised: revisions.map(({ atMs, event }) => {
      const final = finals.find(({ event: { sentence } }) => sentence === event.sentence)!;
      return (atMs - final.event.toMs) / 1_000;
    }),
    formerErrors: former.errors,
    formerWords: former.words,
    timeErrors: trueTimes(recording, words).flatMap(({ word, start, end }) => [
      Math.abs(word.fromMs - start),
      Math.abs(word.toMs - end),
    ]),
    timed: finals.flatMap(({ event }) =>
      trueTimes(recording, event.words).map(({ word, start, end }) => ({
        endS: end / 1_000,
        errorMs: Math.max(Math.abs(word.fromMs - start), Math.abs(word.toMs - end)),
      })),
    ),
    cleaned: delaysBehindFinals(arrivals, 'cleaned'),
    translated: delaysBehindFinals(arrivals, 'translated'),
    seconds: recording.seconds,
  };
}

function of<T extends ServerEvent['type']>(
  arrivals: readonly Arrival[],
  type: T,
): { atMs: number; event: EventOf<T> }[] {
  return arrivals.filter(({ event }) => event.type === type) as { atMs: number; event: EventOf<T> }[];
}

/** The moment each final word was first stable. */
function confirmedWords(recording: Recording, arrivals: readonly Arrival[]): Measured['confirmed'] {
  const times = new StableWordTimes();
  const confirmed: { endS: number; delayS: number }[] = [];
  for (const { atMs, event } of arrivals) {
    if (event.type === 'partial') times.readPartial(event, atMs);
    if (event.type !== 'final') continue;
    const stableMs = times.readFinal(event, atMs);
    const ends = new Map(trueTimes(recording, event.words).map(({ word, end }) => [word, end]));
    for (const [i, word] of event.words.entries()) {
      const end = ends.get(word) ?? word.toMs;
      confirmed.push({ endS: end / 1_000, delayS: (stableMs[i]! - end) / 1_000 });
    }
  }
  return confirmed;
}

/** Pairs words with the reference's where both say the same, in order and within a second. */
function trueTimes(recording: Recording, words: readonly EventOf<'final'>['words'][number][]) {
  let at = 0;
  return words.flatMap((word) => {
    const found = recording.words.findIndex(
      ({ word: expected, start }, i) =>
        i >= at && Math.abs(start * 1_000 - word.fromMs) < 1_000 && bare(expected) === bare(word.text),
    );
    if (found < 0) return [];
    at = found + 1;
    const { start, end } = recording.words[found]!;
    return [{ word, start: start * 1_000, end: end * 1_000 }];
  });
}

/** From each end of speech to the last final of that speech; the recording's own last word counts where it is known. */
export function finalDelays(recording: Recording, arrivals: readonly Arrival[]): number[] {
  const finals = of(arrivals, 'final').map(({ atMs, event: { fromMs, toMs } }) => ({ fromMs, toMs, cameMs: atMs }));
  const ends = of(arrivals, 'speech').flatMap(({ event }) => (event.state === 'end' ? [event.atMs] : []));
  return findLastFinals(ends, finals).flatMap((final, n) => {
    if (final === undefined) return [];
    const end = ends[n]!;
    const before = ends[n - 1] ?? Number.NEGATIVE_INFINITY;
    const known = recording.words.findLast((word) => word.end * 1_000 <= end + 150 && word.end * 1_000 > before)?.end;
    return [(final.cameMs - (known === undefined ? end : known * 1_000)) / 1_000];
  });
}

/** From the end of each sentence that more of the same speech follows to its final. Cuts inside a sentence do not count. */
export function midSpeechDelays(recording: Recording, arrivals: readonly Arrival[]): Measured['midSpeech'] {
  const finals = of(arrivals, 'final');
  const ends = of(arrivals, 'speech').filter(({ event }) => event.state === 'end');
  const speechOf = ({ event: { fromMs, toMs } }: (typeof finals)[number]): number =>
    ends.findIndex(({ event }) => (fromMs + toMs) / 2 <= event.atMs);
  return finals.flatMap((final, i) => {
    const next = finals[i + 1];
    const last = final.event.words.at(-1);
    if (next === undefined || last === undefined || speechOf(next) !== speechOf(final)) return [];
    if (!SENTENCE_END.test(last.text)) return [];
    const [known] = trueTimes(recording, [last]);
    return [{ last, delayS: (final.atMs - (known?.end ?? last.toMs)) / 1_000 }];
  });
}

const SENTENCE_END = /[.?!。？！…]["'”’)\]]*$/u;

/** How many of these sentences end where a decode of the whole recording has the same word and goes on with the sentence. */
export function countFalseEnds(
  midSpeech: Measured['midSpeech'],
  whole: readonly { readonly text: string; readonly from: number }[],
): number {
  return midSpeech.filter(({ last }) => {
    const same = whole.find(
      ({ text, from }) => bare(text) === bare(last.text) && Math.abs(from / 16 - last.fromMs) < 500,
    );
    return same !== undefined && !SENTENCE_END.test(same.text);
  }).length;
}

type Shown = EventOf<'final'>['words'];

/** How much earlier than the end of a final a word may begin that went on to the next sentence: times jitter. */
const JITTER_MS = 300;

/**
 * Words that were shown and are not there, in their order, in what the sentence shows next. Words behind the end of a
 * final that came mid-speech are looked for in the next sentence; shown words that no final ever takes up count, too.
 */
export function takenBack(arrivals: readonly Arrival[]): number {
  const shown = new Map<number, Shown>();
  const ended = new Set<number>();
  let back = 0;
  const missing = (before: Shown, now: Shown): number => before.length - common(bareWords(before), bareWords(now));
  for (const { event } of arrivals) {
    if (event.type !== 'partial' && event.type !== 'final') continue;
    if (ended.has(event.sentence)) continue;
    const before = shown.get(event.sentence) ?? [];
    if (event.type === 'partial') {
      back += missing(before, event.words);
      shown.set(event.sentence, event.words);
      continue;
    }
    ended.add(event.sentence);
    shown.delete(event.sentence);
    const rest = before.slice(taken(bareWords(before), bareWords(event.words)));
    const moved = rest.filter(({ fromMs }) => fromMs >= event.toMs - JITTER_MS);
    back += missing(
      before.filter((word) => !moved.includes(word)),
      event.words,
    );
    const next = shown.get(event.sentence + 1);
    if (next === undefined) shown.set(event.sentence + 1, moved);
    else back += missing(moved, next);
  }
  return [...shown.values()].reduce((sum, { length }) => sum + length, back);
}

/** How many words from the start are enough to match all that the final took up. */
function taken(before: readonly string[], final: readonly string[]): number {
  const all = common(before, final);
  let length = 0;
  while (common(before.slice(0, length), final) < all) length++;
  return length;
}

export function revisedFinals(arrivals: readonly Arrival[]): number {
  const first = new Map<number, string>();
  let revised = 0;
  for (const { event } of of(arrivals, 'final')) {
    const text = first.get(event.sentence) ?? event.text;
    first.set(event.sentence, text);
    if (text !== event.text) revised++;
  }
  return revised;
}

export function brokenStable(arrivals: readonly Arrival[]): number {
  const stable = new Map<number, string>();
  let broken = 0;
  for (const { event } of arrivals) {
    if (event.type !== 'partial' && event.type !== 'final') continue;
    const text = event.type === 'final' ? event.text : event.stable + event.tentative;
    if (!text.startsWith(stable.get(event.sentence) ?? '')) broken++;
    stable.set(event.sentence, event.type === 'final' ? event.text : event.stable);
  }
  return broken;
}

function mostShown(arrivals: readonly Arrival[]): number {
  const most = new Map<number, number>();
  for (const { event } of of(arrivals, 'partial'))
    most.set(event.sentence, Math.max(most.get(event.sentence) ?? 0, event.words.length));
  return [...most.values()].reduce((sum, each) => sum + each, 0);
}

const notices = (arrivals: readonly Arrival[], code: string): number =>
  of(arrivals, 'notice').filter(({ event }) => event.code === code).length;

const bareWords = (words: Shown): string[] => words.map(({ text }) => bare(text));

/** Length of the longest common subsequence. */
export function common(a: readonly string[], b: readonly string[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const left of a) {
    const next = [0];
    for (let j = 1; j <= b.length; j++)
      next.push(left === b[j - 1] ? row[j - 1]! + 1 : Math.max(row[j]!, next[j - 1]!));
    row = next;
  }
  return row[b.length]!;
}

/** Runs of two to eight words that stand twice in a row in the text and not in the reference. */
function repeatedPhrases(words: readonly string[], reference: readonly string[]): number {
  const referenceText = ` ${reference.join(' ')} `;
  let found = 0;
  for (let length = 8; length >= 2; length--) {
    for (let at = 0; at + 2 * length <= words.length; at++) {
      const phrase = words.slice(at, at + length).join(' ');
      if (
        phrase !== words.slice(at + length, at + 2 * length).join(' ') ||
        referenceText.includes(` ${phrase} ${phrase} `)
      )
        continue;
      found++;
      at += 2 * length - 1;
    }
  }
  return found;
}

function delaysBehindFinals(arrivals: readonly Arrival[], type: 'cleaned' | 'translated'): number[] {
  const finals = new Map(of(arrivals, 'final').map(({ atMs, event }) => [event.sentence, atMs]));
  const first = of(arrivals, type).filter(({ event }) => !('revised' in event));
  return first.map(({ atMs, event }) => (atMs - finals.get(event.sentence)!) / 1_000);
}
