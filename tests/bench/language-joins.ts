import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Recording, readSamples } from '../support/recordings.ts';
import { wavOf } from '../support/wav-of.ts';
import type { Arrival } from './measures.ts';

const RATE = 16_000;
const SAMPLES_PER_MS = RATE / 1_000;

/** One language of a joined recording. Times in ms. */
export interface LanguagePart {
  readonly language: string;
  readonly text: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Recordings of several languages, one behind the other in one file. */
export interface JoinedRecording {
  readonly recording: Recording;
  readonly parts: readonly LanguagePart[];
}

/**
 * Which recordings are joined, by name: what speakers of two languages do. A part that is not there (`--data` names other folders)
 * drops its join. The short ones are answers of one to three seconds inside another language.
 */
const JOINS: Readonly<Record<string, readonly string[]>> = {
  'fr-en': ['artikulate_fr_14', 'fleurs_fr_001', 'fleurs_en_001', 'lj_LJ001-0004'],
  'de-en-de': ['fleurs_de_001', 'fleurs_de_002', 'fleurs_en_000', 'short_10', 'thorsten_de_a45c0505', 'fleurs_de_000'],
  'en-de-en': ['fleurs_en_002', 'short_05', 'thorsten_de_e3b0d27c', 'fleurs_de_006', 'fleurs_en_000', 'short_14'],
  'es-fr': ['fleurs_es_001', 'fleurs_es_002', 'artikulate_fr_10', 'fleurs_fr_006'],
  'pt-es': ['fleurs_pt_000', 'fleurs_pt_002', 'fleurs_es_000', 'asterisk_es_demo-nogo'],
  'en-ja': ['fleurs_en_001', 'short_07', 'fleurs_ja_1837', 'kokoro_ja_kusamakura'],
  'zh-en': ['fleurs_zh_1883', 'thchs30_zh_D4_750', 'fleurs_en_000', 'lj_LJ001-0005'],
  'pl-de': ['artikulate_pl_09', 'artikulate_pl_22', 'fleurs_de_007', 'thorsten_de_eca9d4cc'],
  'short de in en': ['short_01', 'fleurs_en_002', 'thorsten_de_gt_02', 'short_20', 'thorsten_de_neutral', 'short_07'],
  'short en in de': ['fleurs_de_001', 'short_01', 'thorsten_de_c7c110c6', 'short_14', 'fleurs_de_002'],
  'short fr in en': ['short_10', 'fleurs_en_001', 'artikulate_fr_26', 'short_05', 'fleurs_en_000'],
};

/** Silence between two sentences of one speaker, and where the language changes. */
const PAUSE_MS = 700;

/** Joins the recordings as files in `folder`. */
export function joinLanguages(recordings: readonly Recording[], folder: string): JoinedRecording[] {
  mkdirSync(folder, { recursive: true });
  const found = new Map(recordings.map((recording) => [recording.file.replace(/\.wav$/, ''), recording]));
  return Object.entries(JOINS).flatMap(([name, files]) => {
    const members = files.map((file) => found.get(file));
    return members.every((member) => member !== undefined) ? [joinRecordings(name, members, folder)] : [];
  });
}

/** Joins recordings as one file in `folder`, with a pause between them. */
export function joinRecordings(name: string, members: readonly Recording[], folder: string): JoinedRecording {
  const pause = new Int16Array(PAUSE_MS * SAMPLES_PER_MS);
  const pieces: Int16Array[] = [];
  const parts: LanguagePart[] = [];
  let at = 0;
  for (const member of members) {
    const samples = readSamples(member.path);
    const [fromMs, toMs] = [at / SAMPLES_PER_MS, (at + samples.length) / SAMPLES_PER_MS];
    parts.push({ language: member.language, text: member.text, fromMs, toMs });
    pieces.push(samples, pause);
    at += samples.length + pause.length;
  }
  const all = new Int16Array(at);
  let to = 0;
  for (const piece of pieces) {
    all.set(piece, to);
    to += piece.length;
  }
  const path = join(folder, `${name.replaceAll(' ', '-')}.wav`);
  writeFileSync(path, wavOf(all));
  const text = parts.map((part) => part.text).join(' ');
  const languages = { kind: 'languages', language: 'auto', words: [] };
  return { recording: { ...languages, file: name, path, text, seconds: at / RATE }, parts };
}

export interface FinalInPart {
  readonly text: string;
  readonly language: string;
  readonly words: number;
  readonly part: LanguagePart;
}

/** Each final with the part that most of it lies in. */
export function assignFinals(arrivals: readonly Arrival[], parts: readonly LanguagePart[]): FinalInPart[] {
  return arrivals.flatMap(({ event }) => {
    if (event.type !== 'final') return [];
    const { fromMs, toMs, text, language, words } = event;
    const shared = parts.map((part) => Math.min(toMs, part.toMs) - Math.max(fromMs, part.fromMs));
    const part = parts[shared.indexOf(Math.max(...shared))]!;
    return [{ text, language, words: words.length, part }];
  });
}
