import type { Word } from '../../core/hypothesis.ts';
import { SAMPLE_RATE } from '../../core/time.ts';

/** A word as an engine returns it, in ms from the start of its audio. */
export interface EngineWord {
  readonly text: string;
  readonly space: boolean;
  readonly fromMs: number;
  readonly toMs: number;
  readonly confidence: number;
}

/** Converts engine words to absolute samples, in order and within their span. */
export function toAbsoluteWords(words: readonly EngineWord[], fromSample: number, samples: number): Word[] {
  const toSample = (ms: number, min: number): number =>
    Math.max(min, Math.min(fromSample + samples, fromSample + Math.round((ms * SAMPLE_RATE) / 1000)));
  let previous = fromSample;
  return words.map(({ text, space, fromMs, toMs, confidence }) => {
    const from = toSample(fromMs, previous);
    const to = toSample(toMs, from);
    previous = from;
    return { text, space, from, to, confidence };
  });
}
