import { type Atom, type SpokenSentence, splitIntoAtoms } from './cue-atoms.ts';

export type { SpokenSentence } from './cue-atoms.ts';

/** One caption on screen. */
export interface Cue {
  readonly fromMs: number;
  readonly toMs: number;
  /** One or two lines, separated by `\n`, of at most `CUE_LINE_COLUMNS` each. */
  readonly text: string;
}

/** Columns of a caption line, as in broadcasting; a wide character takes two. */
export const CUE_LINE_COLUMNS = 42;
const CUE_LINES = 2;
const CUE_MS_MAX = 7_000;
const CUE_MS_MIN = 1_000;

/** Costs of a cut: each cue costs `CUE`, so that there are few, and one that is too short to read costs `FLASH` more. */
const CUE = 10;
const FLASH = 6;
/** Extra cost of a full cue over an empty one. It grows with the square of the size, so that cues become similar in size. */
const FULL = 8;
const FLASH_COLUMNS = 14;
/** How many columns of difference between two lines one point of break cost is worth. */
const UNEVEN = 3;

/** Cuts sentences into cues of readable size, in their order; empty sentences give none. */
export function buildCues(sentences: readonly SpokenSentence[]): Cue[] {
  const cues = sentences.flatMap((sentence) => {
    const atoms = splitIntoAtoms(sentence, CUE_LINE_COLUMNS);
    return findCuts(atoms).map(([from, to]) => toCue(atoms.slice(from, to)));
  });
  // A cue that would be too short to read stays a little longer when nothing follows at once.
  return cues.map((cue, i) => {
    const next = cues[i + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
    return { ...cue, toMs: Math.max(cue.toMs, cue.fromMs + 1, Math.min(cue.fromMs + CUE_MS_MIN, next)) };
  });
}

/** `00:01:02.345`, or with a comma. */
export function formatTimestamp(ms: number, point: '.' | ','): string {
  const pad = (value: number, digits: number): string => String(Math.floor(value)).padStart(digits, '0');
  return `${pad(ms / 3_600_000, 2)}:${pad((ms / 60_000) % 60, 2)}:${pad((ms / 1_000) % 60, 2)}${point}${pad(ms % 1_000, 3)}`;
}

/** `00:01:02`, for people. */
export const formatClockTime = (ms: number): string => formatTimestamp(ms, '.').slice(0, 8);

function toCue(atoms: readonly Atom[]): Cue {
  const fromMs = atoms[0]!.fromMs;
  const toMs = Math.min(atoms.at(-1)!.toMs, fromMs + CUE_MS_MAX);
  return { fromMs, toMs, text: wrapLines(atoms) };
}

/** The cheapest cuts of a sentence that keep every cue within the limits, by dynamic programming over its atoms. */
function findCuts(atoms: readonly Atom[]): [from: number, to: number][] {
  const best = [{ cost: 0, from: 0 }, ...atoms.map(() => ({ cost: Number.POSITIVE_INFINITY, from: 0 }))];
  for (let from = 0; from < atoms.length; from++) {
    let lines = 1;
    let line = 0;
    let columns = 0;
    for (let to = from + 1; to <= atoms.length; to++) {
      const atom = atoms[to - 1]!;
      const space = line > 0 && atom.isSpaced ? 1 : 0;
      const isNewLine = line > 0 && line + space + atom.columns > CUE_LINE_COLUMNS;
      if (isNewLine) lines++;
      line = isNewLine ? atom.columns : line + space + atom.columns;
      columns += atom.columns;
      const lengthMs = atom.toMs - atoms[from]!.fromMs;
      if (to > from + 1 && (lines > CUE_LINES || lengthMs > CUE_MS_MAX)) break;
      const flash = columns < FLASH_COLUMNS || lengthMs < CUE_MS_MIN ? FLASH : 0;
      const fill = (columns / (CUE_LINES * CUE_LINE_COLUMNS)) ** 2;
      const cost = best[from]!.cost + CUE + flash + FULL * fill + (to < atoms.length ? atom.breakCost : 0);
      if (cost < best[to]!.cost) best[to] = { cost, from };
    }
  }
  const found: [number, number][] = [];
  for (let to = atoms.length; to > 0; to = best[to]!.from) found.unshift([best[to]!.from, to]);
  return found;
}

/** One line if the text fits, else two of similar length, broken between phrases where possible. */
function wrapLines(atoms: readonly Atom[]): string {
  const columns = (some: readonly Atom[]): number =>
    some.reduce((sum, atom, i) => sum + atom.columns + (i > 0 && atom.isSpaced ? 1 : 0), 0);
  if (columns(atoms) <= CUE_LINE_COLUMNS) return joinAtoms(atoms);
  let best = { cost: Number.POSITIVE_INFINITY, at: atoms.length };
  for (let at = 1; at < atoms.length; at++) {
    const [above, below] = [columns(atoms.slice(0, at)), columns(atoms.slice(at))];
    if (above > CUE_LINE_COLUMNS || below > CUE_LINE_COLUMNS) continue;
    const cost = Math.abs(above - below) + UNEVEN * atoms[at - 1]!.breakCost;
    if (cost < best.cost) best = { cost, at };
  }
  return [joinAtoms(atoms.slice(0, best.at)), joinAtoms(atoms.slice(best.at))].filter((line) => line !== '').join('\n');
}

const joinAtoms = (atoms: readonly Atom[]): string =>
  atoms.map(({ text, isSpaced }, i) => (i > 0 && isSpaced ? ` ${text}` : text)).join('');
