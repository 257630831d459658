import type { WireWord } from '../../protocol/index.ts';
import type { Word } from './hypothesis.ts';
import { samplesToMs } from './time.ts';

/** A word as it travels to clients. */
export function toWireWord({ text, from, to, confidence }: Word): WireWord {
  return {
    text,
    fromMs: samplesToMs(from),
    toMs: samplesToMs(to),
    confidence: Math.round(confidence * 1_000) / 1_000,
  };
}
