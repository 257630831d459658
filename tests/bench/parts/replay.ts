// How commit and endpoint settings change live text, without waiting for real time: the pure session under a simulated
// clock, real decodes (kept in --cache), a decode's length taken from its window. Seconds unless the column says otherwise.
import { fileURLToPath } from 'node:url';
import type { Word } from '../../../server/core/hypothesis.ts';
import { PIPELINE, type PipelineOptions } from '../../../server/core/session/settings.ts';
import type { VadKind } from '../../../server/vad/open.ts';
import { type Recording, readRecordings } from '../../support/recordings.ts';
import { countOfflineErrors, type OfflineErrors } from '../../support/wer.ts';
import { type CutOffs, countCutOffs, findSpokenWords, type SpokenWord } from '../cut-offs.ts';
import { buildGroupRows } from '../group-errors.ts';
import { type Arrival, countFalseEnds, type Measured, measure } from '../measures.ts';
import { decodeInParts, decoderOf, decodeWhole, openTurns, voicesOf } from '../replay-parts.ts';
import { replayRecordings } from '../replay-recordings.ts';
import { mean, quantile, readArgs, table } from '../report.ts';
import type { DecodeStatistics } from '../simulated-decoding.ts';

/** `--set "commit.edgeMs=400 floors.partial=256|…"`: one row per variant. */
export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, {
    data: fileURLToPath(new URL('../../fixtures/speech', import.meta.url)),
    model: 'tiny.en',
    set: '',
    languages: 'en',
    // What sessions ask for, such as `auto`; empty is the language of each recording.
    language: '',
    kinds: '',
    // Voice activity detector.
    vad: 'silero',
    cache: '/tmp/sotto-replay',
    // Seconds a frame of the window costs with both cores: measured by `bench -- engine`.
    cost: '0.0004',
    // A machine of `machines.ts` with the server's scheduler, instead of one slot at --cost.
    machine: '',
    // Recordings that are played at once.
    streams: '1',
    // Every so many recordings only, for a quick look.
    every: '1',
    // `text` prints what was understood, `cuts` the errors at cuts and where speech ended, `events` all that a client saw.
    verbose: '',
  });
  const languages = options['languages']!.split(',').filter(Boolean);
  const kinds = options['kinds']!.split(',').filter(Boolean);
  const recordings = options['data']!.split(',')
    .flatMap(readRecordings)
    .filter(
      ({ language, kind }) =>
        (languages.length === 0 || languages.includes(language)) && (kinds.length === 0 || kinds.includes(kind)),
    )
    .filter((_, i) => i % Number(options['every']) === 0);
  const voices = await voicesOf(recordings, options['vad'] as VadKind);
  const turns = await openTurns(options['cache']!);
  const decode = decoderOf(options['model']!, options['cache']!);
  const rows: (string | number)[][] = [
    [
      'variant',
      'TTFP',
      'p95',
      'word mean',
      'p95',
      'TTFS',
      'p95',
      'cut-offs',
      'of ends',
      'mid-speech',
      'p95',
      'sentences',
      'false ends',
      'UPWR %',
      'WER %',
      'former WER %',
      'offline %',
      'Δ',
      'lost ‰',
      'inserted ‰',
      'repeats',
      'lags',
      'decodes/s',
      'busy/s',
      'revised WER %',
      'revised',
      'behind p50',
      'max',
      'second/s',
    ],
  ];
  const offline = await offlineErrors(recordings, decode);
  const spoken = await findWords(recordings, decode);
  const bySet = new Map<string, Measured[]>();
  for (const set of options['set']!.split('|')) {
    const { pipeline, floors } = variant(set);
    const { replayed, statistics } = await replayRecordings(recordings, {
      ...{ decode, voices, turns, pipeline, floors, machine: options['machine']! },
      secondsPerFrame: Number(options['cost']),
      streams: Number(options['streams']),
      settings: options['language'] === '' ? {} : { language: options['language']! },
    });
    const measured = replayed.map(({ recording, arrivals }) => {
      if (options['verbose'] === 'events') print(recording, arrivals);
      const result = measure(recording, arrivals);
      if (options['verbose'] === 'cuts') {
        const { listed } = countCutOffs(arrivals, spoken.get(recording.file)!);
        for (const line of [...result.cuts.listed, ...listed]) console.log(`${recording.file} ${line}`);
      }
      if (options['verbose'] !== '')
        console.log(
          `${recording.file} ${result.errors} → ${result.revisedErrors} (${offline.get(recording.file)?.errors}): ${result.text}\n  → ${result.revisedText}`,
        );
      return result;
    });
    const cutOffs = replayed.map(({ recording, arrivals }) => countCutOffs(arrivals, spoken.get(recording.file)!));
    bySet.set(set, measured);
    rows.push(row(set || 'default', measured, { offline, cutOffs, statistics }));
    console.error(
      rows
        .at(-1)!
        .map((cell) => (typeof cell === 'number' ? cell.toFixed(2) : cell))
        .join('  '),
    );
  }
  console.log(table(rows));
  for (const [set, each] of bySet) console.log(`\n${set || 'default'}:\n${table(buildGroupRows(each, offline))}`);
}

/** What a client saw, and when. */
function print({ file }: Recording, arrivals: readonly Arrival[]): void {
  for (const { atMs, event } of arrivals) {
    if (event.type === 'ack' || event.type === 'cleaned') continue;
    const text =
      event.type === 'partial'
        ? `${event.stable} ~${event.tentative}`
        : event.type === 'final'
          ? event.text
          : JSON.stringify(event);
    console.log(`${file} ${(atMs / 1_000).toFixed(2)} ${event.type}: ${text}`);
  }
}

function variant(set: string): { pipeline: PipelineOptions; floors: { partial: number; final: number } } {
  const all = structuredClone({ ...PIPELINE, floors: { partial: 0, final: 512 } }) as Record<string, unknown>;
  for (const pair of set.split(/\s+/).filter(Boolean)) {
    const [path = '', value = ''] = pair.split('=');
    const steps = path.split('.');
    const last = steps.pop()!;
    const owner = steps.reduce((at, step) => at[step] as Record<string, unknown>, all);
    if (!(last in owner)) throw new Error(`no setting ${path}`);
    owner[last] = value === 'none' ? undefined : Number.isNaN(Number(value)) ? value : Number(value);
  }
  const { floors, ...pipeline } = all;
  return { pipeline: pipeline as never, floors: floors as never };
}

/** Longer recordings do not fit into the model's window. */
const WHOLE_SECONDS_MAX = 29.5;

type Decode = ReturnType<typeof decoderOf>;

/** What the model makes of a whole recording; `whole` is empty where it took several decodes. */
interface OfflineResult extends OfflineErrors {
  readonly whole: readonly Word[];
}

async function offlineErrors(recordings: readonly Recording[], decode: Decode): Promise<Map<string, OfflineResult>> {
  const errors = new Map<string, OfflineResult>();
  for (const recording of recordings) {
    const { file, language, text, seconds } = recording;
    if (language === 'zxx') continue;
    const isWhole = seconds <= WHOLE_SECONDS_MAX;
    const words = isWhole ? await decodeWhole(recording, decode) : await decodeInParts(recording, decode);
    const output = words.map((word) => (word.space ? ` ${word.text}` : word.text)).join('');
    errors.set(file, { ...countOfflineErrors(text, output, language), whole: isWhole ? words : [] });
  }
  return errors;
}

/** What was spoken when, in each recording. */
async function findWords(recordings: readonly Recording[], decode: Decode): Promise<Map<string, SpokenWord[]>> {
  const spoken = new Map<string, SpokenWord[]>();
  for (const recording of recordings) {
    const isKnown = recording.words.length > 0 || recording.language === 'zxx';
    spoken.set(recording.file, findSpokenWords(recording, isKnown ? [] : await decodeInParts(recording, decode)));
  }
  return spoken;
}

function row(
  name: string,
  measured: readonly Measured[],
  {
    offline,
    cutOffs,
    statistics: { decodes, busyS, secondS },
  }: {
    readonly offline: ReadonlyMap<string, OfflineResult>;
    readonly cutOffs: readonly CutOffs[];
    readonly statistics: DecodeStatistics;
  },
) {
  const sum = (pick: (each: Measured) => number): number => measured.reduce((so, each) => so + pick(each), 0);
  const seconds = sum((each) => each.seconds + 1);
  const first = measured.flatMap(({ firstPartial }) => (firstPartial === undefined ? [] : [firstPartial]));
  const confirmed = measured.flatMap((each) => each.confirmed.map(({ delayS }) => delayS));
  const finals = measured.flatMap((each) => each.finals);
  const behind = measured.flatMap((each) => each.revised);
  const midSpeech = measured.flatMap((each) => each.midSpeech.map(({ delayS }) => delayS));
  const words = sum((each) => each.words);
  const known = measured.filter(({ recording }) => offline.has(recording.file));
  const knownWords = known.reduce((so, each) => so + each.words, 0);
  const off = (known.reduce((so, each) => so + offline.get(each.recording.file)!.errors, 0) / knownWords) * 100;
  const on = (known.reduce((so, each) => so + each.errors, 0) / knownWords) * 100;
  return [
    name,
    quantile(first, 0.5),
    quantile(first, 0.95),
    mean(confirmed),
    quantile(confirmed, 0.95),
    quantile(finals, 0.5),
    quantile(finals, 0.95),
    String(cutOffs.reduce((so, each) => so + each.falseEnds, 0)),
    String(cutOffs.reduce((so, each) => so + each.ends, 0)),
    quantile(midSpeech, 0.5),
    quantile(midSpeech, 0.95),
    String(midSpeech.length),
    String(sum((each) => countFalseEnds(each.midSpeech, offline.get(each.recording.file)?.whole ?? []))),
    (sum((each) => each.takenBack) / sum((each) => each.shownWords)) * 100,
    (sum((each) => each.errors) / words) * 100,
    (sum((each) => each.formerErrors) / sum((each) => each.formerWords)) * 100,
    off,
    on - off,
    (sum((each) => each.cuts.lostAtEnds) / words) * 1_000,
    (sum((each) => each.cuts.insertedAtCuts) / words) * 1_000,
    String(sum((each) => each.repeated)),
    String(sum((each) => each.lags)),
    decodes / seconds,
    busyS / seconds,
    (sum((each) => each.revisedErrors) / words) * 100,
    String(behind.length),
    quantile(behind, 0.5),
    quantile(behind, 1),
    secondS / seconds,
  ];
}
