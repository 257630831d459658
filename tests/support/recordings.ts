import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One recording of a manifest like that of tests/fixtures/speech. */
export interface Recording {
  readonly file: string;
  readonly path: string;
  readonly kind: string;
  /** ISO 639 code; `zxx` holds no speech. */
  readonly language: string;
  readonly text: string;
  readonly seconds: number;
  /** Spoken words with their times in seconds, where they are known. */
  readonly words: readonly { readonly word: string; readonly start: number; readonly end: number }[];
  /** The same speech without noise, where this is a mixture. */
  readonly cleanPath?: string | undefined;
}

interface Item {
  readonly file: string;
  readonly kind?: string;
  readonly language?: string;
  readonly text?: string;
  readonly duration: number;
  readonly words?: Recording['words'];
  readonly cleanFile?: string;
}

/** Reads a folder's manifest.json. */
export function readRecordings(folder: string): Recording[] {
  const { items } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as { items: Item[] };
  return items.map((item) => ({
    file: item.file,
    path: join(folder, item.file),
    kind: item.kind ?? 'speech',
    language: item.language ?? 'en',
    text: item.text ?? '',
    seconds: item.duration,
    words: item.words ?? [],
    cleanPath: item.cleanFile === undefined ? undefined : join(folder, item.cleanFile),
  }));
}

/** The samples of a 16 kHz mono s16 WAV. */
export function readSamples(path: string): Int16Array {
  const bytes = readFileSync(path);
  let at = 12;
  while (bytes.toString('latin1', at, at + 4) !== 'data') at += 8 + bytes.readUInt32LE(at + 4);
  const length = Math.min(bytes.readUInt32LE(at + 4), bytes.length - at - 8) >> 1;
  return Int16Array.from({ length }, (_, i) => bytes.readInt16LE(at + 8 + 2 * i));
}
