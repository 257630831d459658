import type { NativeDecode, NativeModel } from '../../server/engine/native/binding.ts';
import { FINAL_WINDOW_FLOOR, FULL_WINDOW, PARTIAL_WINDOW_FLOOR } from '../../server/engine/native/defaults.ts';
import { units } from '../support/comparable-words.ts';
import { type Recording, readSamples } from '../support/recordings.ts';
import { formerErrorRate, wordErrorRate } from '../support/wer.ts';
import { decoderOf, float, settledText } from './native-decoder.ts';
import { mean, median, quantile, table } from './report.ts';

interface Piece {
  readonly samples: Float32Array;
  readonly text: string;
}

const PIECE_SECONDS_MAX = 25;
const WINDOW_SECONDS = 30;

/** Word errors, time, cuts and repeated text of each window over all recordings in English. */
export async function errors(
  model: NativeModel,
  recordings: readonly Recording[],
  floors: readonly number[],
): Promise<string> {
  const decode = decoderOf(model);
  const pieces = recordings.filter(({ language, text }) => language === 'en' && text !== '').flatMap(cut);
  const rows: (string | number)[][] = [
    [
      'window',
      'pieces',
      'words',
      'WER %',
      'WER %, former rule',
      'cut at repeat',
      'over budget',
      'repeated text',
      '2-6 s median ms',
      'p95 / median',
      'mean ms',
    ],
  ];
  const measure = async (name: string, one: (samples: Float32Array) => Promise<NativeDecode>): Promise<void> => {
    const decodes: { decode: NativeDecode; took: number; piece: Piece }[] = [];
    for (const piece of pieces) {
      const started = performance.now();
      const answer = await one(piece.samples);
      decodes.push({ decode: answer, took: performance.now() - started, piece });
    }
    const rate = (count: typeof wordErrorRate): number => {
      const counts = decodes.map(({ decode: { text }, piece }) => count(piece.text, text, 'en'));
      return (100 * sum(counts.map(({ errors }) => errors))) / sum(counts.map(({ words }) => words));
    };
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    const short = decodes
      .filter(({ piece: { samples } }) => samples.length >= 32_000 && samples.length <= 96_000)
      .map(({ took }) => took);
    const stops = (stop: string): string => String(decodes.filter((each) => each.decode.stop === stop).length);
    const spoilt = decodes.filter(({ decode: { text }, piece }) => repetitions(text) > repetitions(piece.text));
    for (const {
      decode: { text },
    } of spoilt)
      console.log(`repeated (${name}): ${text}`);
    rows.push([
      name,
      String(pieces.length),
      String(sum(pieces.map(({ text }) => wordErrorRate(text, '').words))),
      rate(wordErrorRate),
      rate(formerErrorRate),
      stops('repeat'),
      stops('budget'),
      String(spoilt.length),
      median(short),
      quantile(short, 0.95) / median(short),
      mean(short),
    ]);
  };
  await measure("finals'", (samples) => decode(samples, FINAL_WINDOW_FLOOR));
  await measure("partials'", (samples) => decode(samples, PARTIAL_WINDOW_FLOOR));
  await measure("partials', forced prefix", async (samples) => {
    const audio = samples.subarray(0, Math.floor(samples.length * 0.6));
    const prefix = settledText(await decode(audio, PARTIAL_WINDOW_FLOOR), audio.length);
    return decode(samples, PARTIAL_WINDOW_FLOOR, { prefix });
  });
  for (const floor of floors) await measure(`floor ${floor}`, (samples) => decode(samples, floor));
  await measure('full', (samples) => decode(samples, FULL_WINDOW));
  return table(rows);
}

/** A recording as it is when it fits the model's window, else in pieces cut at the widest gaps between its words. */
function cut(recording: Recording): Piece[] {
  const samples = float(readSamples(recording.path));
  if (recording.seconds <= WINDOW_SECONDS) {
    return [{ samples: samples.subarray(0, WINDOW_SECONDS * 16_000), text: recording.text }];
  }
  const pieces: Piece[] = [];
  const { words } = recording;
  let from = 0;
  let first = 0;
  while (first < words.length) {
    let last = first;
    let widest = -1;
    for (let i = first; i < words.length && words[i]!.end - from <= PIECE_SECONDS_MAX; i++) {
      const gap = (words[i + 1]?.start ?? Number.POSITIVE_INFINITY) - words[i]!.end;
      if (words[i]!.end - from >= PIECE_SECONDS_MAX / 2 && gap > widest) {
        widest = gap;
        last = i;
      } else if (widest < 0 || gap === Number.POSITIVE_INFINITY) last = i;
    }
    const next = words[last + 1];
    const to = next === undefined ? recording.seconds : (words[last]!.end + next.start) / 2;
    pieces.push({
      samples: samples.subarray(Math.round(from * 16_000), Math.round(to * 16_000)),
      text: words
        .slice(first, last + 1)
        .map(({ word }) => word)
        .join(' '),
    });
    from = to;
    first = last + 1;
  }
  return pieces;
}

/** Places where three or more words, or one word twice more, directly follow themselves. */
function repetitions(text: string): number {
  const words = units(text, 'en', true);
  let found = 0;
  for (let at = 1; at < words.length; at++) {
    for (let period = 1; period <= at; period++) {
      const copies = period >= 3 ? 1 : period === 2 ? 2 : 3;
      const length = period * copies;
      if (at < period || at + length > words.length) continue;
      let same = true;
      for (let i = 0; i < length && same; i++) same = words[at + i] === words[at - period + i];
      if (same) {
        found++;
        at += length - 1;
        break;
      }
    }
  }
  return found;
}
