import type { WireWord } from './events.ts';

/** A sentence as it is to be read, with the words it was spoken in. */
export interface Spoken {
  readonly text: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly words: readonly Pick<WireWord, 'text' | 'fromMs' | 'toMs'>[];
}

/** One caption on screen. */
export interface Cue {
  readonly fromMs: number;
  readonly toMs: number;
  readonly text: string;
}

/** Reading limits of captions: two lines of 42 characters, seven seconds, never shorter than one. */
const LINE_CHARS = 42;
const CUE_CHARS = LINE_CHARS * 2;
const CUE_MS_MAX = 7_000;
const CUE_MS_MIN = 1_000;
/** How far ahead a word is looked for among the spoken ones. */
const WORDS_AHEAD = 8;

/** Cues of readable size, in the order of the sentences; empty sentences give none. */
export function cuesOf(sentences: readonly Spoken[]): Cue[] {
  const cues = sentences.filter(({ text }) => text !== '').flatMap(split);
  // A cue may stay a little longer when it would be too short to read and nothing follows.
  return cues.map((cue, i) => {
    const next = cues[i + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
    return { ...cue, toMs: Math.max(cue.toMs, Math.min(cue.fromMs + CUE_MS_MIN, next)) };
  });
}

/** SubRip. */
export function srtOf(cues: readonly Cue[]): string {
  return cues
    .map((cue, i) => `${i + 1}\n${stamp(cue.fromMs, ',')} --> ${stamp(cue.toMs, ',')}\n${wrap(cue.text)}\n\n`)
    .join('');
}

/** WebVTT. */
export function vttOf(cues: readonly Cue[]): string {
  return `WEBVTT\n\n${cues.map(vttCue).join('')}`;
}

/** One cue as it stands in a WebVTT file, with the empty line behind it. */
export function vttCue(cue: Cue): string {
  return `${stamp(cue.fromMs, '.')} --> ${stamp(cue.toMs, '.')}\n${escapeVtt(wrap(cue.text))}\n\n`;
}

/** `00:01:02.345`, or with a comma. */
export function stamp(ms: number, point: '.' | ','): string {
  const pad = (value: number, digits: number): string => String(Math.floor(value)).padStart(digits, '0');
  return `${pad(ms / 3_600_000, 2)}:${pad((ms / 60_000) % 60, 2)}:${pad((ms / 1_000) % 60, 2)}${point}${pad(ms % 1_000, 3)}`;
}

/** `00:01:02`, for people. */
export const clock = (ms: number): string => stamp(ms, '.').slice(0, 8);

/** Cuts a sentence into cues; where a cleaned word stood in the audio follows from its place in the text. */
function split(sentence: Spoken): Cue[] {
  const spaced = sentence.text.includes(' ');
  const units = spaced ? sentence.text.split(' ') : [...sentence.text];
  const times = timesOf(sentence, units);
  const cues: Cue[] = [];
  let from = 0;
  for (let i = 0; i < units.length; i++) {
    const joined = units.slice(from, i + 2).join(spaced ? ' ' : '');
    const last = i === units.length - 1;
    const full = !last && (joined.length > CUE_CHARS || times[i + 1]!.toMs - times[from]!.fromMs > CUE_MS_MAX);
    if (!full && !last) continue;
    cues.push({
      fromMs: times[from]!.fromMs,
      toMs: times[i]!.toMs,
      text: units.slice(from, i + 1).join(spaced ? ' ' : ''),
    });
    from = i + 1;
  }
  return cues;
}

/** Time of each unit: that of the same word as spoken where it is found, in order; else in proportion. */
function timesOf(sentence: Spoken, units: readonly string[]): { fromMs: number; toMs: number }[] {
  const { fromMs, toMs, words } = sentence;
  let at = 0;
  return units.map((unit, i) => {
    const found = words.findIndex((word, index) => index >= at && bare(word.text) === bare(unit));
    if (found >= 0 && found - at < WORDS_AHEAD) {
      at = found + 1;
      return { fromMs: words[found]!.fromMs, toMs: words[found]!.toMs };
    }
    const share = (toMs - fromMs) / units.length;
    return { fromMs: Math.round(fromMs + share * i), toMs: Math.round(fromMs + share * (i + 1)) };
  });
}

const bare = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

function wrap(text: string): string {
  if (text.length <= LINE_CHARS || !text.includes(' ')) return text;
  const middle = text.length / 2;
  const spaces = [...text.matchAll(/ /g)].map((match) => match.index);
  const best = spaces.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle))[0]!;
  return `${text.slice(0, best)}\n${text.slice(best + 1)}`;
}

const escapeVtt = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('-->', '→');
