import type { WireWord } from '../../protocol/index.ts';
import { displayed, type Sentence } from './transcript.ts';

export interface FormatOptions {
  /** As spoken instead of cleaned. */
  readonly raw?: boolean;
}

/** Reading limits of captions: two lines of 42 characters, seven seconds, never shorter than one. */
const LINE_CHARS = 42;
const CUE_CHARS = LINE_CHARS * 2;
const CUE_MS_MAX = 7_000;
const CUE_MS_MIN = 1_000;

interface Cue {
  readonly fromMs: number;
  toMs: number;
  readonly text: string;
}

/** One sentence a line. */
export function toText(sentences: readonly Sentence[], options: FormatOptions = {}): string {
  return lines(sentences, options.raw ?? false)
    .map(({ text }) => `${text}\n`)
    .join('');
}

/** SubRip captions. */
export function toSrt(sentences: readonly Sentence[], options: FormatOptions = {}): string {
  return cuesOf(sentences, options.raw ?? false)
    .map((cue, i) => `${i + 1}\n${stamp(cue.fromMs, ',')} --> ${stamp(cue.toMs, ',')}\n${wrap(cue.text)}\n\n`)
    .join('');
}

/** WebVTT captions. */
export function toVtt(sentences: readonly Sentence[], options: FormatOptions = {}): string {
  const cues = cuesOf(sentences, options.raw ?? false).map(
    (cue) => `${stamp(cue.fromMs, '.')} --> ${stamp(cue.toMs, '.')}\n${escapeVtt(wrap(cue.text))}\n\n`,
  );
  return `WEBVTT\n\n${cues.join('')}`;
}

/** Everything: raw, cleaned, words and times. */
export function toJson(sentences: readonly Sentence[]): string {
  const rows = sentences.map(({ number, channel, stable, cleaned, changes, words, fromMs, toMs, language }) => ({
    sentence: number,
    channel,
    fromMs,
    toMs,
    language,
    text: stable,
    cleaned,
    changes,
    words,
  }));
  return `${JSON.stringify(rows, null, 2)}\n`;
}

/** Paragraphs with their times, for notes. */
export function toMarkdown(sentences: readonly Sentence[], options: FormatOptions = {}): string {
  return lines(sentences, options.raw ?? false)
    .map(({ sentence, text }) => `**${stamp(sentence.fromMs, '.').slice(0, 8)}** ${text}\n\n`)
    .join('');
}

function lines(sentences: readonly Sentence[], raw: boolean): { sentence: Sentence; text: string }[] {
  return sentences.map((sentence) => ({ sentence, text: displayed(sentence, raw) })).filter(({ text }) => text !== '');
}

function cuesOf(sentences: readonly Sentence[], raw: boolean): Cue[] {
  const cues = lines(sentences, raw).flatMap(({ sentence, text }) => split(sentence, text));
  // A cue may stay a little longer when it would be too short to read and nothing follows.
  return cues.map((cue, i) => {
    const next = cues[i + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
    return { ...cue, toMs: Math.max(cue.toMs, Math.min(cue.fromMs + CUE_MS_MIN, next)) };
  });
}

/** Cuts a sentence into cues of readable size; where a cleaned word stood in the audio follows from its place in the text. */
function split(sentence: Sentence, text: string): Cue[] {
  const spaced = text.includes(' ');
  const units = spaced ? text.split(' ') : [...text];
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
function timesOf(sentence: Sentence, units: readonly string[]): { fromMs: number; toMs: number }[] {
  const { fromMs, toMs, words } = sentence;
  let at = 0;
  return units.map((unit, i) => {
    const found = words.findIndex((word, index) => index >= at && bare(word) === bareText(unit));
    if (found >= 0 && found - at < 8) {
      at = found + 1;
      return { fromMs: words[found]!.fromMs, toMs: words[found]!.toMs };
    }
    const share = (toMs - fromMs) / units.length;
    return { fromMs: Math.round(fromMs + share * i), toMs: Math.round(fromMs + share * (i + 1)) };
  });
}

const bareText = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
const bare = (word: WireWord): string => bareText(word.text);

function wrap(text: string): string {
  if (text.length <= LINE_CHARS || !text.includes(' ')) return text;
  const middle = text.length / 2;
  const spaces = [...text.matchAll(/ /g)].map((match) => match.index);
  const best = spaces.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle))[0]!;
  return `${text.slice(0, best)}\n${text.slice(best + 1)}`;
}

const escapeVtt = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('-->', '→');

function stamp(ms: number, point: '.' | ','): string {
  const pad = (value: number, digits: number): string => String(Math.floor(value)).padStart(digits, '0');
  return `${pad(ms / 3_600_000, 2)}:${pad((ms / 60_000) % 60, 2)}:${pad((ms / 1_000) % 60, 2)}${point}${pad(ms % 1_000, 3)}`;
}
