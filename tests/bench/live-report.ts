import type { Recording } from '../support/recordings.ts';
import type { OfflineErrors } from '../support/wer.ts';
import type { Measured } from './measures.ts';
import { mean, quantile, table } from './report.ts';

/** One variant: a model with settings, over all recordings. */
export interface LiveResult {
  readonly label: string;
  /** Options of the server that are not its defaults. */
  readonly settings: readonly string[];
  readonly measured: readonly Measured[];
  readonly cpuPerSecond: number;
  readonly memory: number;
  /** Wall seconds of decodes per second of audio, by kind of decode. */
  readonly decodes: Readonly<Record<string, number>>;
}

export function liveTable(result: LiveResult, offline: ReadonlyMap<string, OfflineErrors> | undefined): string {
  const groups = new Map<string, Measured[]>();
  for (const each of result.measured) {
    const { kind, language } = each.recording;
    for (const name of ['all', ...(language === 'zxx' ? [] : ['speech']), `${kind} ${language}`])
      groups.set(name, [...(groups.get(name) ?? []), each]);
  }
  const head = [
    '',
    'n',
    'TTFP p50',
    'p95',
    'word mean',
    'p50',
    'p95',
    'TTFS p50',
    'p95',
    'UPWR %',
    'WER %',
    'offline %',
    'Δ',
    'lost ‰',
    'inserted ‰',
    'former WER %',
    'former offline %',
    'time ms p50',
    'p95',
    'clean p50',
    'p95',
    'refused %',
    'repeats',
    'changed',
    'broken',
    'lags',
    'invented/h',
    'revised WER %',
    'revised',
    'behind p50',
    'max',
  ];
  return table([head, ...[...groups].map(([name, each]) => row(name, each, offline))]);
}

function row(
  name: string,
  all: readonly Measured[],
  offline: ReadonlyMap<string, OfflineErrors> | undefined,
): (string | number)[] {
  const speech = all.filter(({ recording }) => recording.language !== 'zxx');
  const noise = all.filter(({ recording }) => recording.language === 'zxx');
  const sum = (pick: (each: Measured) => number): number => speech.reduce((so, each) => so + pick(each), 0);
  const first = speech.flatMap(({ firstPartial }) => (firstPartial === undefined ? [] : [firstPartial]));
  const confirmed = speech.flatMap((each) => each.confirmed.map(({ delayS }) => delayS));
  const finals = speech.flatMap((each) => each.finals);
  const times = speech.flatMap((each) => each.timeErrors);
  const cleaned = speech.flatMap((each) => each.cleaned);
  const words = sum((each) => each.words);
  const behind = speech.flatMap((each) => each.revised);
  const wer = (sum((each) => each.errors) / words) * 100;
  const offlineRate = (rule: keyof OfflineErrors, words: number): number =>
    offline === undefined ? Number.NaN : (sum((each) => offline.get(each.recording.file)?.[rule] ?? 0) / words) * 100;
  const off = offlineRate('errors', words);
  const formerWords = sum((each) => each.formerWords);
  const invented =
    noise.length === 0
      ? Number.NaN
      : (noise.reduce((so, { shownWords }) => so + shownWords, 0) / total(noise.map(({ recording }) => recording))) *
        3_600;
  return [
    name,
    String(all.length),
    quantile(first, 0.5),
    quantile(first, 0.95),
    mean(confirmed),
    quantile(confirmed, 0.5),
    quantile(confirmed, 0.95),
    quantile(finals, 0.5),
    quantile(finals, 0.95),
    (sum((each) => each.takenBack) / sum((each) => each.shownWords)) * 100,
    wer,
    off,
    wer - off,
    (sum((each) => each.cuts.lostAtEnds) / words) * 1_000,
    (sum((each) => each.cuts.insertedAtCuts) / words) * 1_000,
    (sum((each) => each.formerErrors) / formerWords) * 100,
    offlineRate('former', formerWords),
    quantile(times, 0.5),
    quantile(times, 0.95),
    quantile(cleaned, 0.5),
    quantile(cleaned, 0.95),
    (sum((each) => each.refusedCleanings) / sum((each) => each.sentences)) * 100,
    String(sum((each) => each.repeated)),
    String(sum((each) => each.revisedFinals)),
    String(sum((each) => each.brokenStable)),
    String(sum((each) => each.lags)),
    invented,
    (sum((each) => each.revisedErrors) / words) * 100,
    String(behind.length),
    quantile(behind, 0.5),
    quantile(behind, 1),
  ];
}

/** How long after its final a sentence was there in another language. */
export function translatedLine({ measured }: LiveResult): string {
  const sentences = measured.reduce((sum, each) => sum + each.sentences, 0);
  const delays = measured.flatMap(({ translated }) => translated);
  const [p50, p95] = [0.5, 0.95].map((share) => quantile(delays, share).toFixed(2));
  return `translated: ${delays.length} of ${sentences} sentences, ${p50} s after the final (p50), ${p95} s (p95)`;
}

export const total = (recordings: readonly Recording[]): number =>
  recordings.reduce((sum, { seconds }) => sum + seconds, 0);

/** Confirmed word latency over the time a word was said, as an SVG. */
export function livePlot(results: readonly LiveResult[]): string {
  const colours = ['#1f5f5b', '#b3362b', '#6a5acd', '#b7791f'];
  const points = results.map((result) => result.measured.flatMap((each) => each.confirmed));
  const right = Math.max(1, ...points.flat().map(({ endS }) => endS));
  const x = (seconds: number): string => (50 + (seconds / right) * 720).toFixed(1);
  const y = (seconds: number): string => (350 - Math.min(5, Math.max(0, seconds)) * 64).toFixed(1);
  const grid = [0, 1, 2, 3, 4, 5]
    .map((s) => `<path d="M50 ${y(s)}H770" stroke="#ddd"/><text x="40" y="${y(s)}" text-anchor="end">${s} s</text>`)
    .join('');
  const dots = points
    .map((each, i) =>
      each
        .map(
          ({ endS, delayS }) =>
            `<circle cx="${x(endS)}" cy="${y(delayS)}" r="2" fill="${colours[i % 4]}" fill-opacity=".5"/>`,
        )
        .join(''),
    )
    .join('');
  const names = results
    .map(({ label }, i) => `<text x="60" y="${20 + i * 16}" fill="${colours[i % 4]}">${label}</text>`)
    .join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 380" font-family="sans-serif" font-size="12"><rect width="800" height="380" fill="#fff"/>${grid}${dots}${names}<text x="410" y="374" text-anchor="middle">moment the word ended in the audio, s</text></svg>\n`;
}
