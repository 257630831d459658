import type { OfflineErrors } from '../support/wer.ts';
import type { Measured } from './measures.ts';

/** Rows of a table: word errors by kind and language of the recordings, live, revised and of the model on the whole recording. */
export function buildGroupRows(
  measured: readonly Measured[],
  offline: ReadonlyMap<string, OfflineErrors>,
): (string | number)[][] {
  const known = measured.filter(({ recording }) => offline.has(recording.file));
  const nameOf = ({ recording: { kind, language } }: Measured): string => `${kind} ${language}`;
  const groups = [...new Set(known.map(nameOf))].map(
    (name) => [name, known.filter((each) => nameOf(each) === name)] as const,
  );
  return [HEAD, ...[...groups, ['all', known] as const].map(([name, each]) => buildRow(name, each, offline))];
}

const HEAD = ['', 'recordings', 'words', 'WER %', 'revised %', 'offline %', 'Δ', 'revised Δ'];

function buildRow(
  name: string,
  measured: readonly Measured[],
  offline: ReadonlyMap<string, OfflineErrors>,
): (string | number)[] {
  const sum = (pick: (each: Measured) => number): number => measured.reduce((so, each) => so + pick(each), 0);
  const words = sum((each) => each.words);
  const share = (pick: (each: Measured) => number): number => (sum(pick) / words) * 100;
  const live = share((each) => each.errors);
  const revised = share((each) => each.revisedErrors);
  const whole = share((each) => offline.get(each.recording.file)!.errors);
  return [name, String(measured.length), String(words), live, revised, whole, live - whole, revised - whole];
}
