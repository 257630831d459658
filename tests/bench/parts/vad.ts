// How well a VAD and its thresholds find speech, without and with noise. Needs no server.
import { fileURLToPath } from 'node:url';
import { PIPELINE } from '../../../server/core/session/settings.ts';
import { GATE_THRESHOLDS } from '../../../server/core/speech/gate.ts';
import type { VadKind } from '../../../server/vad/open.ts';
import { type Recording, readRecordings } from '../../support/recordings.ts';
import { samplesOf, toHeard } from '../feed.ts';
import { extractNoises, mixNoise, type Noise } from '../noise-mix.ts';
import { computeProbabilities, decoderOf, decodeWhole, openBenchVad } from '../replay-parts.ts';
import { machine, quantile, readArgs, table } from '../report.ts';
import { type JudgedStream, measureVad, type TimeSpan, type VadMeasures, type VadSettings } from '../vad-measures.ts';

interface Condition {
  readonly name: string;
  readonly streams: readonly Omit<JudgedStream, 'probabilities'>[];
}

export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, {
    data: fileURLToPath(new URL('../../fixtures/speech', import.meta.url)),
    vads: 'silero,legacy',
    // Signal to noise, dB.
    noise: '15,10,5,0',
    // Pairs `open/close` to compare; default the one of each VAD.
    thresholds: '',
    // Times of words come from whole-file decodes by this model where the manifest has none.
    model: 'base',
    cache: '/tmp/sotto-replay',
  });
  const recordings = options['data']!.split(',').flatMap(readRecordings);
  const conditions = await makeConditions(recordings, options);
  console.log(machine());
  for (const kind of options['vads']!.split(',') as VadKind[]) {
    const before = process.cpuUsage();
    const judged = await judge(conditions, kind);
    const { user, system } = process.cpuUsage(before);
    const windows = judged.flatMap(({ streams }) => streams).reduce((sum, each) => sum + each.probabilities.length, 0);
    const pairs = options['thresholds']!.split(',').filter(Boolean);
    const rows = (pairs.length === 0 ? [''] : pairs).flatMap((pair) =>
      judged.map(({ name, streams }) => row(pair, name, streams, settingsFor(kind, pair))),
    );
    const head = ['open/close', 'condition', 'words', 'missed', '%', 'false s/min', 'false spans', 'quiet s'];
    const edges = ['onset p50', 'p95', '> 0.3 s', 'offset p50', 'p95'];
    const cost = `${((user + system) / windows).toFixed(0)} µs of processor time a window`;
    console.log(`\n${kind}; ${cost}\n${table([[...head, ...edges], ...rows])}`);
  }
}

function settingsFor(kind: VadKind, pair: string): VadSettings {
  const fitted = GATE_THRESHOLDS[kind];
  const [open = fitted.open, close = fitted.close] = pair === '' ? [] : pair.split('/').map(Number);
  return { ...PIPELINE.vad, open, close };
}

async function makeConditions(recordings: readonly Recording[], options: Record<string, string>): Promise<Condition[]> {
  const decode = decoderOf(options['model']!, options['cache']!);
  const clean: { recording: Recording; samples: Int16Array; words: readonly TimeSpan[] }[] = [];
  for (const recording of recordings) {
    const words = await findWords(recording, decode);
    if (words !== undefined) clean.push({ recording, samples: samplesOf(recording), words });
  }
  const spoken = clean.filter(({ recording }) => recording.language !== 'zxx');
  const others = clean.filter(({ recording }) => recording.language === 'zxx');
  const noises = extractNoises(recordings);
  const toStream = ({ samples, words }: (typeof clean)[number]) => ({ samples: toHeard(samples), words });
  return [
    { name: 'without speech', streams: others.map(toStream) },
    { name: 'as recorded', streams: spoken.map(toStream) },
    ...options['noise']!.split(',')
      .filter(Boolean)
      .map((decibels) => ({
        name: `${decibels} dB`,
        streams: spoken.map((each, i) => toStream({ ...each, samples: addNoise(each, noises, i, Number(decibels)) })),
      })),
  ];
}

function addNoise({ samples }: { samples: Int16Array }, noises: readonly Noise[], i: number, decibels: number) {
  const noise = noises[i % noises.length]!;
  return mixNoise(samples, noise, decibels, (i * 7_919) % noise.samples.length);
}

/** Times of words; undefined where they are not known. */
async function findWords(
  recording: Recording,
  decode: ReturnType<typeof decoderOf>,
): Promise<readonly TimeSpan[] | undefined> {
  if (recording.language === 'zxx' || recording.words.length > 0) return recording.words;
  if (recording.seconds > 29.5) return undefined;
  const words = await decodeWhole(recording, decode);
  return words.map(({ from, to }) => ({ start: from / 16_000, end: to / 16_000 }));
}

async function judge(conditions: readonly Condition[], kind: VadKind) {
  const vad = await openBenchVad(kind);
  const judged: { name: string; streams: JudgedStream[] }[] = [];
  for (const { name, streams } of conditions) {
    const all = streams.map(async (stream) => ({
      ...stream,
      probabilities: await computeProbabilities(vad, stream.samples),
    }));
    judged.push({ name, streams: await Promise.all(all) });
  }
  await vad.close();
  return judged;
}

function row(pair: string, name: string, streams: readonly JudgedStream[], settings: VadSettings): (string | number)[] {
  const measured = streams.map((stream) => measureVad(stream, settings));
  const sum = (pick: (each: VadMeasures) => number): number => measured.reduce((so, each) => so + pick(each), 0);
  const onsets = measured.flatMap((each) => each.onsets);
  const offsets = measured.flatMap((each) => each.offsets);
  const [words, missed, quietS] = [
    sum((each) => each.words),
    sum((each) => each.missedWords),
    sum((each) => each.quietS),
  ];
  return [
    pair || `${settings.open}/${settings.close}`,
    name,
    String(words),
    String(missed),
    (missed / words) * 100,
    (sum((each) => each.falseS) / quietS) * 60,
    String(sum((each) => each.falseSpans)),
    quietS,
    quantile(onsets, 0.5),
    quantile(onsets, 0.95),
    String(onsets.filter((value) => value > 0.3).length),
    quantile(offsets, 0.5),
    quantile(offsets, 0.95),
  ];
}
