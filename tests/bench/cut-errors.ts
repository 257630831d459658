import type { EventOf } from '../../client/sdk/index.ts';
import type { Recording } from '../support/recordings.ts';
import { normalisedWords } from '../support/wer.ts';

type FinalWord = Pick<EventOf<'final'>['words'][number], 'text' | 'fromMs' | 'toMs'>;

/** The words of one final. */
export interface FinalText {
  readonly text: string;
  readonly words: readonly FinalWord[];
}

/** Errors that a cut makes. Both are counted in words of the normalised texts. */
export interface CutErrors {
  /** Words of the reference that are missing between the last word of an utterance and the first of the next. */
  readonly lostAtEnds: number;
  /** Words that nobody said, within 0.6 s of the end of an utterance or of a cut between two sentences. */
  readonly insertedAtCuts: number;
  /** Each of them with the words around it, to be read: `*+word*` is inserted, `*-word*` lost, `|` a cut. */
  readonly listed: readonly string[];
}

/** How near a cut an inserted word counts, ms. */
const NEAR_CUT_MS = 600;
/** Where more words are missing in a row, a stretch was not recognised at all; that is no fault of a cut. */
const LOST_RUN_MAX = 3;
/** What a second between two equal words costs, in errors: enough to choose between copies of a word. */
const SECOND_COST = 0.01;

/** A word of a normalised text. Times are ms and undefined where they are not known. */
interface Unit {
  readonly text: string;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  /** Index of the final it stands in; 0 for the reference. */
  readonly final: number;
}

/** Counts the errors at the cuts of a live transcript; `ends` are the moments at which utterances ended, ms. */
export function countCutErrors(
  recording: Pick<Recording, 'text' | 'language' | 'words'>,
  finals: readonly FinalText[],
  ends: readonly number[],
): CutErrors {
  const { language } = recording;
  const words = recording.words.map(({ word, start, end }) => ({
    text: word,
    fromMs: start * 1_000,
    toMs: end * 1_000,
  }));
  const reference = placeUnits(recording.text, words, 0, language);
  const heard = finals.flatMap(({ text, words }, i) => placeUnits(text, words, i, language));
  const pairs = alignUnits(reference, heard);
  const utteranceOf = findUtterances(finals, ends);
  const lost = findLost(pairs, (unit) => utteranceOf[unit.final]!);
  const inserted = pairs.filter(({ said, written }) => said === undefined && isNearCut(written!, finals));
  const listed = pairs.flatMap((pair, i) =>
    lost.includes(pair) || inserted.includes(pair) ? [describeError(pairs, i)] : [],
  );
  return { lostAtEnds: lost.length, insertedAtCuts: inserted.length, listed };
}

/** How many words before and behind an error are printed with it. */
const AROUND = 5;

function describeError(pairs: readonly AlignedUnits[], at: number): string {
  const from = Math.max(0, at - AROUND);
  const around = pairs.slice(from, at + AROUND + 1).map((pair, i) => {
    const next = pairs[from + i + 1];
    const isCut =
      pair.written !== undefined && next?.written !== undefined && pair.written.final !== next.written.final;
    const mark = from + i === at ? '*' : '';
    return `${mark}${describePair(pair)}${mark}${isCut ? ' |' : ''}`;
  });
  return around.join(' ');
}

function describePair({ said, written }: AlignedUnits): string {
  if (said === undefined) return `+${written!.text}`;
  if (written === undefined) return `-${said.text}`;
  return said.text === written.text ? said.text : `${said.text}>${written.text}`;
}

/** Index of the utterance that each final belongs to: the first whose end is not before the middle of the final. */
function findUtterances(finals: readonly FinalText[], ends: readonly number[]): number[] {
  return finals.map(({ words }) => {
    const middle = ((words[0]?.fromMs ?? 0) + (words.at(-1)?.toMs ?? 0)) / 2;
    const at = ends.findIndex((end) => middle <= end);
    return at < 0 ? ends.length : at;
  });
}

/** Words missing right behind the last word of an utterance, and where times are known, nearer to it than to the next. */
function findLost(pairs: readonly AlignedUnits[], utteranceOf: (unit: Unit) => number): AlignedUnits[] {
  const lost: AlignedUnits[] = [];
  for (let at = 0; at < pairs.length; ) {
    let to = at;
    while (to < pairs.length && pairs[to]!.written === undefined) to++;
    const missing = pairs.slice(at, to);
    const before = pairs[at - 1]?.written;
    const next = pairs[to]?.written;
    const isEnd = before !== undefined && (next === undefined || utteranceOf(next) !== utteranceOf(before));
    if (isEnd && missing.length <= LOST_RUN_MAX)
      lost.push(...missing.filter(({ said }) => isNearer(said!, before, next)));
    at = to + 1;
  }
  return lost;
}

function isNearer({ fromMs, toMs }: Unit, before: Unit, next: Unit | undefined): boolean {
  if (fromMs === undefined || toMs === undefined || next === undefined) return true;
  return fromMs - (before.toMs ?? fromMs) <= (next.fromMs ?? toMs) - toMs;
}

function isNearCut({ final, fromMs = 0, toMs = 0 }: Unit, finals: readonly FinalText[]): boolean {
  const { words } = finals[final]!;
  const isNearEnd = words.at(-1)!.toMs - toMs <= NEAR_CUT_MS;
  const isNearStart = final > 0 && fromMs - words[0]!.fromMs <= NEAR_CUT_MS;
  return isNearEnd || isNearStart;
}

/** The words of a normalised text, each with the time of the written word it comes from, or of the one before. */
function placeUnits(text: string, words: readonly FinalWord[], final: number, language: string): Unit[] {
  const single = words.flatMap(({ text, fromMs, toMs }) =>
    normalisedWords(text, language).map((unit) => ({ text: unit, fromMs, toMs, final })),
  );
  const whole = normalisedWords(text, language).map((unit) => ({
    ...{ text: unit, fromMs: undefined, toMs: undefined, final },
  }));
  let last: Unit | undefined = single[0];
  return alignUnits(whole, single).flatMap(({ said, written }) => {
    last = written ?? last;
    return said === undefined ? [] : [{ ...said, fromMs: last?.fromMs, toMs: last?.toMs }];
  });
}

/** One step of an alignment: an equal or replaced word, a missing one, or one too many. */
interface AlignedUnits {
  readonly said: Unit | undefined;
  readonly written: Unit | undefined;
}

/** The alignment with the least errors; of equal words, those near each other in time. */
function alignUnits(said: readonly Unit[], written: readonly Unit[]): AlignedUnits[] {
  const costs: Float64Array[] = [Float64Array.from({ length: written.length + 1 }, (_, j) => j)];
  for (const [i, unit] of said.entries()) {
    const above = costs[i]!;
    const row = new Float64Array(written.length + 1);
    row[0] = i + 1;
    for (const [j, other] of written.entries())
      row[j + 1] = Math.min(above[j]! + pairCost(unit, other), above[j + 1]! + 1, row[j]! + 1);
    costs.push(row);
  }
  const pairs: AlignedUnits[] = [];
  for (let i = said.length, j = written.length; i > 0 || j > 0; ) {
    const cost = costs[i]![j]!;
    const isPair = i > 0 && j > 0 && cost === costs[i - 1]![j - 1]! + pairCost(said[i - 1]!, written[j - 1]!);
    const isMissing = !isPair && i > 0 && cost === costs[i - 1]![j]! + 1;
    pairs.push({
      said: isPair || isMissing ? said[i - 1] : undefined,
      written: isMissing ? undefined : written[j - 1],
    });
    if (isPair || isMissing) i--;
    if (!isMissing) j--;
  }
  return pairs.reverse();
}

function pairCost(a: Unit, b: Unit): number {
  const isTimed = a.fromMs !== undefined && b.fromMs !== undefined;
  const apart = isTimed ? Math.min(10, Math.abs(a.fromMs - b.fromMs) / 1_000) * SECOND_COST : 0;
  return (a.text === b.text ? 0 : 1) + apart;
}
