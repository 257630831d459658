import type { EventOf, ServerEvent } from '../../client/sdk/index.ts';
import type { Recording } from '../support/recordings.ts';
import { wordErrorRate } from '../support/wer.ts';

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
  readonly shownWords: number;
  /** Words once shown and later changed or taken back. */
  readonly takenBack: number;
  readonly revisedFinals: number;
  readonly repeated: number;
  readonly errors: number;
  readonly words: number;
  /** |start − true start| and the same of ends. */
  readonly timeErrors: readonly number[];
  readonly cleaned: readonly number[];
  readonly seconds: number;
}

const bare = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

export function measure(recording: Recording, arrivals: readonly Arrival[]): Measured {
  const finals = of(arrivals, 'final');
  const words = finals.flatMap(({ event }) => event.words);
  const text = finals.map(({ event }) => event.text).join(' ');
  const { errors, words: count } = wordErrorRate(recording.text, text, recording.language);
  const partials = of(arrivals, 'partial').filter(({ event }) => event.words.length > 0);
  const speechAt = recording.words[0] === undefined ? words[0]?.fromMs : recording.words[0].start * 1_000;
  const shown = partials[0] ?? finals[0];
  return {
    recording,
    text,
    firstPartial: shown === undefined || speechAt === undefined ? undefined : (shown.atMs - speechAt) / 1_000,
    confirmed: confirmedWords(recording, arrivals),
    finals: finalDelays(recording, arrivals),
    shownWords: words.length,
    takenBack: takenBack(arrivals),
    revisedFinals: finals.length - new Set(finals.map(({ event }) => event.sentence)).size,
    repeated: repeatedPhrases(
      words.map((word) => bare(word.text)),
      recording.text.split(/\s+/).map(bare),
    ),
    errors,
    words: count,
    timeErrors: trueTimes(recording, words).flatMap(({ word, start, end }) => [
      Math.abs(word.fromMs - start),
      Math.abs(word.toMs - end),
    ]),
    cleaned: cleanDelays(arrivals),
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
  const stableAt = new Map<string, number>();
  const confirmed: { endS: number; delayS: number }[] = [];
  for (const { atMs, event } of arrivals) {
    if (event.type === 'partial') {
      for (let i = 0; i < event.stableWords; i++) {
        const key = `${event.sentence}/${i}`;
        if (!stableAt.has(key)) stableAt.set(key, atMs);
      }
    }
    if (event.type !== 'final') continue;
    const ends = new Map(trueTimes(recording, event.words).map(({ word, end }) => [word, end]));
    for (const [i, word] of event.words.entries()) {
      const end = ends.get(word) ?? word.toMs;
      confirmed.push({ endS: end / 1_000, delayS: ((stableAt.get(`${event.sentence}/${i}`) ?? atMs) - end) / 1_000 });
    }
  }
  return confirmed;
}

/** Pairs words with the reference's where both say the same, in order and within a second. */
function trueTimes(recording: Recording, words: readonly EventOf<'final'>['words'][number][]) {
  let at = 0;
  return words.flatMap((word) => {
    const found = recording.words.findIndex(
      ({ word: said, start }, i) =>
        i >= at && bare(said) === bare(word.text) && Math.abs(start * 1_000 - word.fromMs) < 1_000,
    );
    if (found < 0) return [];
    at = found + 1;
    const { start, end } = recording.words[found]!;
    return [{ word, start: start * 1_000, end: end * 1_000 }];
  });
}

/** From each end of speech to the final that came with it; the recording's own last word counts where it is known. */
function finalDelays(recording: Recording, arrivals: readonly Arrival[]): number[] {
  const delays: number[] = [];
  const ends = arrivals.flatMap(({ event }, i) =>
    event.type === 'speech' && event.state === 'end' ? [{ i, atMs: event.atMs }] : [],
  );
  for (const [n, end] of ends.entries()) {
    const until = ends[n + 1]?.i ?? arrivals.length;
    const final = arrivals.slice(end.i, until).find(({ event }) => event.type === 'final');
    if (final === undefined) continue;
    const known = recording.words.findLast(({ end: wordEnd }) => wordEnd * 1_000 <= end.atMs + 150)?.end;
    delays.push((final.atMs - (known === undefined ? end.atMs : known * 1_000)) / 1_000);
  }
  return delays;
}

function takenBack(arrivals: readonly Arrival[]): number {
  const shown = new Map<number, string[]>();
  let back = 0;
  for (const { event } of arrivals) {
    if (event.type !== 'partial' && event.type !== 'final') continue;
    const now = event.words.map((word) => bare(word.text));
    const before = shown.get(event.sentence) ?? [];
    // A sentence that ends gives its later words to the next one; those were not taken back.
    const kept = event.type === 'final' ? before.slice(0, Math.max(now.length, 1)) : before;
    back += kept.length - common(kept, now);
    shown.set(event.sentence, now);
  }
  return back;
}

/** Length of the longest common subsequence. */
function common(a: readonly string[], b: readonly string[]): number {
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
  const said = ` ${reference.join(' ')} `;
  let found = 0;
  for (let length = 8; length >= 2; length--) {
    for (let at = 0; at + 2 * length <= words.length; at++) {
      const phrase = words.slice(at, at + length).join(' ');
      if (phrase !== words.slice(at + length, at + 2 * length).join(' ') || said.includes(` ${phrase} ${phrase} `))
        continue;
      found++;
      at += 2 * length - 1;
    }
  }
  return found;
}

function cleanDelays(arrivals: readonly Arrival[]): number[] {
  const finals = new Map(of(arrivals, 'final').map(({ atMs, event }) => [event.sentence, atMs]));
  return of(arrivals, 'cleaned').map(({ atMs, event }) => (atMs - finals.get(event.sentence)!) / 1_000);
}
