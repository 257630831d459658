import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A recording or a piece of one that fits into one decode. */
export interface Recording {
  readonly name: string;
  readonly kind: string;
  readonly language: string;
  readonly samples: Float32Array;
  readonly text: string;
  /** Reference word times in ms from the start of `samples`; empty where the source has none. */
  readonly words: readonly { readonly word: string; readonly fromMs: number; readonly toMs: number }[];
}

interface ManifestItem {
  readonly file: string;
  readonly kind: string;
  readonly duration: number;
  readonly text: string;
  readonly language?: string;
  readonly sentences?: readonly { readonly text: string; readonly start: number; readonly end: number }[];
  readonly words?: readonly { readonly word: string; readonly start: number; readonly end: number }[];
}

const SAMPLE_RATE = 16_000;
const PIECE_SECONDS_MAX = 27;
/** Bytes before the samples in the 16-bit mono WAV files of the recordings. */
const WAV_HEADER = 44;

export function readWav(path: string): Float32Array {
  const bytes = readFileSync(path);
  const data = bytes.indexOf('data');
  const from = data < 0 ? WAV_HEADER : data + 8;
  const samples = new Float32Array((bytes.length - from) >> 1);
  for (let i = 0; i < samples.length; i++) samples[i] = bytes.readInt16LE(from + 2 * i) / 32_768;
  return samples;
}

/** Every recording of the folder's manifest that fits into 30 s, longer ones cut between their sentences. */
export function readRecordings(folder: string): Recording[] {
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as { items: ManifestItem[] };
  return manifest.items.flatMap((item) => {
    const samples = readWav(join(folder, item.file));
    if (item.duration <= 30) return [piece(item, samples, 0, item.duration, item.text)];
    return item.sentences === undefined ? [] : cutAtSentences(item, samples);
  });
}

function cutAtSentences(item: ManifestItem, samples: Float32Array): Recording[] {
  const sentences = item.sentences ?? [];
  const pieces: Recording[] = [];
  let first = 0;
  for (let i = 0; i < sentences.length; i++) {
    const next = sentences[i + 1];
    if (next !== undefined && next.end - sentences[first]!.start <= PIECE_SECONDS_MAX) continue;
    const to = next === undefined ? item.duration : (sentences[i]!.end + next.start) / 2;
    const from = first === 0 ? 0 : (sentences[first - 1]!.end + sentences[first]!.start) / 2;
    const text = sentences.slice(first, i + 1).map((sentence) => sentence.text);
    pieces.push(piece(item, samples, from, to, text.join(' ')));
    first = i + 1;
  }
  return pieces;
}

function piece(item: ManifestItem, samples: Float32Array, from: number, to: number, text: string): Recording {
  const inside = (item.words ?? []).filter((word) => word.start >= from - 0.05 && word.end <= to + 0.05);
  return {
    name: from === 0 ? item.file : `${item.file}+${from.toFixed(1)}`,
    kind: item.kind,
    language: item.language ?? 'en',
    samples: samples.slice(Math.round(from * SAMPLE_RATE), Math.round(to * SAMPLE_RATE)),
    text,
    words: inside.map(({ word, start, end }) => ({ word, fromMs: (start - from) * 1000, toMs: (end - from) * 1000 })),
  };
}
