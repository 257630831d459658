import type { Word } from '../../core/hypothesis.ts';
import { SAMPLE_RATE } from '../../core/time.ts';

/** A word as an engine gives it, in ms from the start of its audio. */
export interface EngineWord {
  readonly text: string;
  readonly space: boolean;
  readonly fromMs: number;
  readonly toMs: number;
  readonly confidence: number;
}

/** Engine words → words at absolute samples, in order and inside their span. */
export function placeWords(words: readonly EngineWord[], fromSample: number, samples: number): Word[] {
  const place = (ms: number, least: number): number =>
    Math.max(least, Math.min(fromSample + samples, fromSample + Math.round((ms * SAMPLE_RATE) / 1000)));
  let before = fromSample;
  return words.map(({ text, space, fromMs, toMs, confidence }) => {
    const from = place(fromMs, before);
    const to = place(toMs, from);
    before = from;
    return { text, space, from, to, confidence };
  });
}
