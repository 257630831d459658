import { SpeechGate } from '../../server/core/speech/gate.ts';
import { computeLevel, VAD_WINDOW_SAMPLES } from '../../server/core/speech/vad-history.ts';

/** Seconds. */
export interface TimeSpan {
  readonly start: number;
  readonly end: number;
}

/** A stream that a VAD has judged, and what is spoken in it. */
export interface JudgedStream {
  readonly samples: Float32Array;
  readonly probabilities: Float32Array;
  /** In order of their start; none where nobody speaks. */
  readonly words: readonly TimeSpan[];
}

export interface VadMeasures {
  readonly words: number;
  /** Words of which less than half is decoded. */
  readonly missedWords: number;
  /** Time without a word in the last or next 300 ms, and how much of it is taken for speech. */
  readonly quietS: number;
  readonly falseS: number;
  /** Spans of speech, long enough to be decoded, without any word. */
  readonly falseSpans: number;
  /** Per word behind a pause: from its start to that of the first voiced window; negative when the gate was early. */
  readonly onsets: readonly number[];
  /** Per word before a pause: from its end to that of the last voiced window. */
  readonly offsets: readonly number[];
}

export interface VadSettings {
  readonly open: number;
  readonly close: number;
  readonly levelFloor: number;
  readonly preRollMs: number;
  readonly minSpeechMs: number;
}

const WINDOW_S = VAD_WINDOW_SAMPLES / 16_000;
/** Silence that is decoded behind speech at least, and that two spans of one utterance may have between them. */
const TAIL_S = 0.3;
const NEAR_S = 0.3;
/** Pauses around words whose start or end is measured. */
const PAUSE_S = 0.5;

interface SpeechSpan extends TimeSpan {
  readonly voicedS: number;
}

export function measureVad(stream: JudgedStream, settings: VadSettings): VadMeasures {
  const { words } = stream;
  const voiced = findVoiced(stream, settings);
  const spans = joinSpans(voiced).filter(({ voicedS }) => voicedS * 1_000 >= settings.minSpeechMs);
  const heard = spans.map(({ start, end }) => ({ start: start - settings.preRollMs / 1_000, end: end + TAIL_S }));
  const isQuiet = (at: number): boolean => !words.some(({ start, end }) => start - NEAR_S < at && at < end + NEAR_S);
  const windows = stream.probabilities.length;
  const quiet = Array.from({ length: windows }, (_, i) => i).filter((i) => isQuiet((i + 0.5) * WINDOW_S));
  return {
    words: words.length,
    missedWords: words.filter((word) => 2 * sumOverlaps(word, heard) < word.end - word.start).length,
    quietS: quiet.length * WINDOW_S,
    falseS: quiet.filter((i) => voiced[i]).length * WINDOW_S,
    falseSpans: spans.filter((span) => sumOverlaps(span, words) === 0).length,
    ...measureEdges(words, joinSpans(voiced, 0)),
  };
}

function findVoiced({ samples, probabilities }: JudgedStream, settings: VadSettings): boolean[] {
  const gate = new SpeechGate(settings);
  return Array.from(probabilities, (probability, i) =>
    gate.push(probability, computeLevel(samples.subarray(i * VAD_WINDOW_SAMPLES, (i + 1) * VAD_WINDOW_SAMPLES))),
  );
}

/** Spans of voiced windows; those at most `gapS` apart are one. */
function joinSpans(voiced: readonly boolean[], gapS = TAIL_S): SpeechSpan[] {
  const spans: SpeechSpan[] = [];
  for (const [i, isVoiced] of voiced.entries()) {
    if (!isVoiced) continue;
    const last = spans.at(-1);
    const [start, end] = [i * WINDOW_S, (i + 1) * WINDOW_S];
    if (last === undefined || start - last.end > gapS + 1e-6) spans.push({ start, end, voicedS: WINDOW_S });
    else spans[spans.length - 1] = { start: last.start, end, voicedS: last.voicedS + WINDOW_S };
  }
  return spans;
}

function sumOverlaps({ start, end }: TimeSpan, spans: readonly TimeSpan[]): number {
  return spans.reduce((sum, span) => sum + Math.max(0, Math.min(end, span.end) - Math.max(start, span.start)), 0);
}

function measureEdges(
  words: readonly TimeSpan[],
  spans: readonly SpeechSpan[],
): Pick<VadMeasures, 'onsets' | 'offsets'> {
  const onsets: number[] = [];
  const offsets: number[] = [];
  for (const [i, { start, end }] of words.entries()) {
    const before = words[i - 1]?.end ?? 0;
    const after = words[i + 1]?.start ?? Number.POSITIVE_INFINITY;
    if (start - before >= PAUSE_S) {
      const first = spans.find((span) => span.end > start - PAUSE_S / 2);
      if (first !== undefined && first.start < end) onsets.push(first.start - start);
    }
    if (after - end >= PAUSE_S) {
      const last = spans.findLast((span) => span.start < Math.min(after, end + PAUSE_S) - PAUSE_S / 2);
      if (last !== undefined && last.end > start) offsets.push(last.end - end);
    }
  }
  return { onsets, offsets };
}
