// How commit and endpoint settings change live text, without waiting for real time: the pure session under a simulated
// clock, real decodes (kept in --cache), a decode's length taken from its window. Seconds unless the column says otherwise.
import { fileURLToPath } from 'node:url';
import { PIPELINE, type PipelineOptions } from '../../../server/core/session/settings.ts';
import { type Recording, readRecordings } from '../../support/recordings.ts';
import { countOfflineErrors, type OfflineErrors } from '../../support/wer.ts';
import { samplesOf } from '../feed.ts';
import { type Arrival, type Measured, measure } from '../measures.ts';
import { Replay } from '../replay.ts';
import { decoderOf, decodeWhole, settingsFor, voicesOf } from '../replay-parts.ts';
import { mean, quantile, readArgs, table } from '../report.ts';

/** `--set "commit.edgeMs=400 floors.partial=256|…"`: one row per variant. */
export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, {
    data: fileURLToPath(new URL('../../fixtures/speech', import.meta.url)),
    model: 'tiny.en',
    set: '',
    languages: 'en',
    kinds: '',
    cache: '/tmp/sotto-replay',
    // Seconds a frame of the window costs with both cores: measured by `bench -- engine`.
    cost: '0.0004',
    // Every so many recordings only, for a quick look.
    every: '1',
    // `text` prints what was understood, `events` all that a client saw.
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
  const voices = await voicesOf(recordings);
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
      'UPWR %',
      'WER %',
      'former WER %',
      'offline %',
      'Δ',
      'repeats',
      'decodes/s',
      'busy/s',
    ],
  ];
  const offline = await offlineErrors(recordings, decode);
  for (const set of options['set']!.split('|')) {
    const { pipeline, floors } = variant(set);
    const measured: Measured[] = [];
    let decodes = 0;
    let busy = 0;
    for (const recording of recordings) {
      const replay = new Replay(samplesOf(recording), {
        decode,
        voice: voices.get(recording.file)!,
        pipeline,
        settings: settingsFor(recording, pipeline),
        floors,
        cost: (frames) => 0.02 + frames * Number(options['cost']),
      });
      const arrivals = await replay.run();
      if (options['verbose'] === 'events') print(recording, arrivals);
      const result = measure(recording, arrivals);
      if (options['verbose'] !== '')
        console.log(`${recording.file} ${result.errors} (${offline.get(recording.file)?.errors}): ${result.text}`);
      measured.push(result);
      decodes += replay.decodes;
      busy += replay.busyS;
    }
    rows.push(row(set || 'default', measured, offline, decodes, busy));
    console.error(
      rows
        .at(-1)!
        .map((cell) => (typeof cell === 'number' ? cell.toFixed(2) : cell))
        .join('  '),
    );
  }
  console.log(table(rows));
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
    owner[last] = Number.isNaN(Number(value)) ? value : Number(value);
  }
  const { floors, ...pipeline } = all;
  return { pipeline: pipeline as never, floors: floors as never };
}

type Decode = ReturnType<typeof decoderOf>;

async function offlineErrors(recordings: readonly Recording[], decode: Decode): Promise<Map<string, OfflineErrors>> {
  const errors = new Map<string, OfflineErrors>();
  for (const recording of recordings) {
    const { file, language, text, seconds } = recording;
    if (language === 'zxx' || seconds > 29.5) continue;
    const words = await decodeWhole(recording, decode);
    const output = words.map((word) => (word.space ? ` ${word.text}` : word.text)).join('');
    errors.set(file, countOfflineErrors(text, output, language));
  }
  return errors;
}

function row(
  name: string,
  measured: readonly Measured[],
  offline: ReadonlyMap<string, OfflineErrors>,
  decodes: number,
  busy: number,
) {
  const sum = (pick: (each: Measured) => number): number => measured.reduce((so, each) => so + pick(each), 0);
  const seconds = sum((each) => each.seconds + 1);
  const first = measured.flatMap(({ firstPartial }) => (firstPartial === undefined ? [] : [firstPartial]));
  const confirmed = measured.flatMap((each) => each.confirmed.map(({ delayS }) => delayS));
  const finals = measured.flatMap((each) => each.finals);
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
    (sum((each) => each.takenBack) / sum((each) => each.shownWords)) * 100,
    (sum((each) => each.errors) / words) * 100,
    (sum((each) => each.formerErrors) / sum((each) => each.formerWords)) * 100,
    off,
    on - off,
    String(sum((each) => each.repeated)),
    decodes / seconds,
    busy / seconds,
  ];
}
