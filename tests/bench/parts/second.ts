// What a second hearing would gain: recordings in stretches of up to 28 s, decoded whole with one model or two, by beams,
// temperatures and prompt, and the better of two models chosen by stretch or by word. Decodes are kept in --cache.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getModelPath } from '../../../models/locate.ts';
import { findModel } from '../../../models/registry.ts';
import type { Word } from '../../../server/core/hypothesis.ts';
import { voteWords } from '../../../server/core/second-hearing/vote-words.ts';
import { findQuietestOffset } from '../../../server/core/sentence/cut.ts';
import { joinWords } from '../../../server/core/stable/words.ts';
import {
  type NativeDecode,
  type NativeDecodeOptions,
  NativeModel,
  type NativeWord,
} from '../../../server/engine/native/binding.ts';
import { FULL_WINDOW } from '../../../server/engine/native/defaults.ts';
import { type Recording, readRecordings, readSamples } from '../../support/recordings.ts';
import { wordErrorRate } from '../../support/wer.ts';
import { bareWithApostrophes as bare } from '../bare-words.ts';
import { decoderOf, float } from '../native-decoder.ts';
import { machine, readArgs, table } from '../report.ts';

const TEMPERATURES = [0, 0.2, 0.4, 0.6, 0.8, 1];
const STRETCH_SAMPLES_MAX = 28 * 16_000;
const STRETCH_SAMPLES_MIN = 20 * 16_000;

/** How stretches are decoded. */
interface Way {
  readonly beamSize: number;
  readonly temperatures: readonly number[];
  readonly hasPrompt: boolean;
}

/** A decode with its processor time, s. */
type TimedDecode = NativeDecode & { readonly cpuS: number };
type DecodeStretch = (samples: Float32Array, way: Way, prompt: string) => Promise<TimedDecode>;

/** `--models a,b`: the second is the one that the first is compared and voted with. */
export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, {
    data: fileURLToPath(new URL('../../fixtures/speech', import.meta.url)),
    models: 'tiny.en,base',
    cache: '/tmp/sotto-second',
    kinds: '',
    // Which ways, by their place in the list from 0.
    ways: '0,1,2,3',
  });
  const kinds = options['kinds']!.split(',').filter(Boolean);
  const ways = options['ways']!.split(',').map(Number);
  const recordings = options['data']!.split(',')
    .flatMap(readRecordings)
    .filter(({ language, kind }) => language === 'en' && (kinds.length === 0 || kinds.includes(kind)));
  console.log(`${machine()}; ${recordings.length} recordings in English`);
  const rows: (string | number)[][] = [];
  const addRow = (name: string, texts: ReadonlyMap<string, string>, cpuS: number): void => {
    rows.push([name, ...summarise(recordings, texts), cpuS]);
    console.error(
      rows
        .at(-1)!
        .map((cell) => (typeof cell === 'number' ? cell.toFixed(2) : cell))
        .join('  '),
    );
  };
  const voted: NativeDecode[][][] = [];
  for (const model of options['models']!.split(',')) {
    const decode = openDecoder(model, options['cache']!);
    for (const [name, way] of WAYS.filter((_, i) => ways.includes(i))) {
      const decodes: TimedDecode[][] = [];
      for (const recording of recordings) decodes.push(await decodeStretches(recording, decode, way));
      const cpuS = decodes.flat().reduce((sum, decode) => sum + decode.cpuS, 0);
      const seconds = recordings.reduce((sum, each) => sum + each.seconds, 0);
      addRow(
        `${model}, ${name}`,
        textsOf(
          recordings,
          decodes.map((each) => each.map(({ text }) => text)),
        ),
        cpuS / seconds,
      );
      if (way === BEAMS) voted.push(decodes);
    }
  }
  const [first, second] = voted;
  if (first !== undefined && second !== undefined) {
    const join = (pick: (a: NativeDecode, b: NativeDecode) => string): ReadonlyMap<string, string> =>
      textsOf(
        recordings,
        first.map((each, i) => each.map((a, j) => pick(a, second[i]![j]!))),
      );
    addRow(
      'the surer of both, by stretch',
      join((a, b) => (a.averageLogProbability >= b.averageLogProbability ? a : b).text),
      Number.NaN,
    );
    for (const bias of [-0.15, -0.1, -0.05, 0.05, 0.1, 0.15])
      addRow(
        `the surer by stretch, second + ${bias}`,
        join((a, b) => (a.averageLogProbability >= b.averageLogProbability + bias ? a : b).text),
        Number.NaN,
      );
    for (const bias of [-0.1, 0, 0.1, 0.2])
      addRow(
        `voted by word, second + ${bias}`,
        join((a, b) => vote(a.words, b.words, bias)),
        Number.NaN,
      );
    addRow(
      'voted by word, as the server does',
      join((a, b) => joinWords(voteWords(toWords(a), toWords(b)))),
      Number.NaN,
    );
    for (const bias of [-0.1, 0, 0.1])
      addRow(
        `the surer by sentence, second + ${bias}`,
        join((a, b) => pickSentences(a.words, b.words, bias)),
        Number.NaN,
      );
  }
  const groups = [...new Set(recordings.map(({ kind }) => kind))];
  console.log(table([['', 'all', ...groups, 'CPU s/s'], ...rows]));
}

const toWords = ({ words }: NativeDecode): Word[] =>
  words.map(({ text, space, fromMs, toMs, confidence }) => ({
    text,
    space,
    from: fromMs * 16,
    to: toMs * 16,
    confidence,
  }));

const GREEDY: Way = { beamSize: 1, temperatures: [0], hasPrompt: false };
const BEAMS: Way = { beamSize: 5, temperatures: [0], hasPrompt: false };
const WAYS: readonly (readonly [string, Way])[] = [
  ['greedy', GREEDY],
  ['5 beams', BEAMS],
  ['5 beams, temperatures', { ...BEAMS, temperatures: TEMPERATURES }],
  ['5 beams, text so far', { ...BEAMS, hasPrompt: true }],
];

async function decodeStretches(recording: Recording, decode: DecodeStretch, way: Way): Promise<TimedDecode[]> {
  const decodes: TimedDecode[] = [];
  for (const samples of cutStretches(float(readSamples(recording.path)))) {
    const before = decodes.map(({ text }) => text).join(' ');
    decodes.push(await decode(samples, way, way.hasPrompt ? before : ''));
  }
  return decodes;
}

function cutStretches(samples: Float32Array): Float32Array[] {
  const stretches: Float32Array[] = [];
  for (let from = 0; from < samples.length; ) {
    const rest = samples.subarray(from);
    const length =
      rest.length <= STRETCH_SAMPLES_MAX
        ? rest.length
        : STRETCH_SAMPLES_MIN + findQuietestOffset(rest.subarray(STRETCH_SAMPLES_MIN, STRETCH_SAMPLES_MAX));
    stretches.push(rest.slice(0, length));
    from += length;
  }
  return stretches;
}

function openDecoder(name: string, cache: string): DecodeStretch {
  mkdirSync(cache, { recursive: true });
  let decode: ReturnType<typeof decoderOf> | undefined;
  return async (samples, { beamSize, temperatures }, prompt) => {
    const changes: Partial<NativeDecodeOptions> = { beamSize, temperatures, prompt };
    const hash = createHash('sha256')
      .update(Buffer.from(samples.buffer))
      .update(JSON.stringify({ name, ...changes }));
    const path = join(cache, `${hash.digest('hex')}.json`);
    if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as TimedDecode;
    decode ??= decoderOf(NativeModel.load(getModelPath(findModel(name)!)));
    const before = process.cpuUsage();
    const answer = await decode(samples, FULL_WINDOW, changes);
    const { user, system } = process.cpuUsage(before);
    const result = { ...answer, cpuS: (user + system) / 1e6 };
    writeFileSync(path, JSON.stringify(result));
    return result;
  };
}

const textsOf = (
  recordings: readonly Recording[],
  texts: readonly (readonly string[])[],
): ReadonlyMap<string, string> => new Map(recordings.map(({ path }, i) => [path, texts[i]!.join(' ')]));

/** WER over all, then of each kind, %. */
function summarise(recordings: readonly Recording[], texts: ReadonlyMap<string, string>): number[] {
  const rate = (some: readonly Recording[]): number => {
    const counts = some.map(({ path, text }) => wordErrorRate(text, texts.get(path)!));
    const sum = (pick: (each: (typeof counts)[number]) => number): number =>
      counts.reduce((so, each) => so + pick(each), 0);
    return (100 * sum(({ errors }) => errors)) / sum(({ words }) => words);
  };
  const kinds = [...new Set(recordings.map(({ kind }) => kind))];
  return [rate(recordings), ...kinds.map((kind) => rate(recordings.filter((each) => each.kind === kind)))];
}

/** Runs in which the two agree, or differ: [words of a, words of b]. */
function align(a: readonly NativeWord[], b: readonly NativeWord[]): (readonly [NativeWord[], NativeWord[]])[] {
  const cost = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = 0; i <= a.length; i++) cost[i]![0] = i;
  for (let j = 0; j <= b.length; j++) cost[0]![j] = j;
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++)
      cost[i]![j] = Math.min(
        cost[i - 1]![j]! + 1,
        cost[i]![j - 1]! + 1,
        cost[i - 1]![j - 1]! + (bare(a[i - 1]!.text) === bare(b[j - 1]!.text) ? 0 : 1),
      );
  const runs: [NativeWord[], NativeWord[]][] = [];
  let isOpen = false;
  const differ = (left: readonly NativeWord[], right: readonly NativeWord[]): void => {
    if (!isOpen) runs.unshift([[], []]);
    isOpen = true;
    runs[0]![0].unshift(...left);
    runs[0]![1].unshift(...right);
  };
  for (let i = a.length, j = b.length; i > 0 || j > 0; ) {
    const same = i > 0 && j > 0 && bare(a[i - 1]!.text) === bare(b[j - 1]!.text);
    if (same && cost[i]![j] === cost[i - 1]![j - 1]) {
      runs.unshift([[a[--i]!], [b[--j]!]]);
      isOpen = false;
    } else if (i > 0 && j > 0 && cost[i]![j] === cost[i - 1]![j - 1]! + 1) differ([a[--i]!], [b[--j]!]);
    else if (i > 0 && cost[i]![j] === cost[i - 1]![j]! + 1) differ([a[--i]!], []);
    else differ([], [b[--j]!]);
  }
  return runs;
}

const average = (words: readonly NativeWord[]): number =>
  words.length === 0 ? 0.5 : words.reduce((sum, { confidence }) => sum + confidence, 0) / words.length;

const write = (words: readonly NativeWord[]): string => words.map(({ text }) => text).join(' ');

function vote(a: readonly NativeWord[], b: readonly NativeWord[], bias: number): string {
  return align(a, b)
    .map(([left, right]) => write(average(left) >= average(right) + bias ? left : right))
    .join(' ');
}

/** The surer of the two, sentence by sentence of the first. */
function pickSentences(a: readonly NativeWord[], b: readonly NativeWord[], bias: number): string {
  const sentences: [NativeWord[], NativeWord[]][] = [[[], []]];
  for (const [left, right] of align(a, b)) {
    sentences.at(-1)![0].push(...left);
    sentences.at(-1)![1].push(...right);
    if (left.some(({ text }) => /[.?!]["')]*$/.test(text))) sentences.push([[], []]);
  }
  return sentences.map(([left, right]) => write(average(left) >= average(right) + bias ? left : right)).join(' ');
}
