import type { SpanEvidence } from '../stable/hallucinations.ts';
import { SAMPLE_RATE } from '../time.ts';
import type { VadHistory } from './vad-history.ts';

/** The times of words are off by less than this. */
export const EVIDENCE_MARGIN_SAMPLES = SAMPLE_RATE;

/** A copy of what the VAD says about samples [from, to), to be asked when its history has moved on. */
export function copyEvidence(history: VadHistory, from: number, to: number): SpanEvidence {
  const copy = history.copy(from - EVIDENCE_MARGIN_SAMPLES, to + EVIDENCE_MARGIN_SAMPLES);
  return {
    countVoiced: (start, end) => copy.countVoiced(start, end),
    peakProbability: copy.peakProbability(from, to),
    peakLevel: copy.peakLevel(from, to),
    early: false,
  };
}
