import { OffsetFilter } from '../core/audio/offset-filter.ts';
import { copyEvidence, EVIDENCE_MARGIN_SAMPLES } from '../core/speech/span-evidence.ts';
import { computeLevel, VAD_WINDOW_SAMPLES, VadHistory } from '../core/speech/vad-history.ts';
import type { SpanEvidence } from '../core/stable/hallucinations.ts';
import { SAMPLE_RATE } from '../core/time.ts';
import type { SpeechModel, SpeechProbe } from '../ports/speech-model.ts';
import type { SampleRange } from '../ports/transcripts.ts';

/** Kept audio as it is decoded. */
export interface KeptSpeech {
  /** Mono, 16 kHz, without its offset. */
  readonly samples: Float32Array;
  /** What the VAD says about it. */
  readonly evidence: SpanEvidence;
}

export interface KeptSpeechSource {
  /** 16 kHz samples as they were kept; undefined when there are none. */
  readonly read: (range: SampleRange) => Promise<Float32Array | undefined>;
  readonly speechModel: Pick<SpeechModel, 'openProbe'>;
  /** Probability from which on a window is voice. */
  readonly open: number;
}

/**
 * Reads the audio of a span as a live session would have had it: without its offset, and judged by the VAD. It is read with a
 * second on both sides, in which filter and VAD settle.
 */
export async function readKeptSpeech(
  { from, to }: SampleRange,
  { read, speechModel, open }: KeptSpeechSource,
): Promise<KeptSpeech | undefined> {
  const first = Math.max(0, Math.floor((from - EVIDENCE_MARGIN_SAMPLES) / VAD_WINDOW_SAMPLES)) * VAD_WINDOW_SAMPLES;
  const kept = await read({ from: first, to: to + EVIDENCE_MARGIN_SAMPLES });
  if (kept === undefined) return undefined;
  const audio = new OffsetFilter(SAMPLE_RATE).push(kept);
  const probe = speechModel.openProbe();
  try {
    const history = await judgeAudio(probe, audio, new VadHistory(audio.length, open, first));
    return { samples: audio.slice(from - first, to - first), evidence: copyEvidence(history, from, to) };
  } finally {
    probe.close();
  }
}

async function judgeAudio(probe: SpeechProbe, audio: Float32Array, history: VadHistory): Promise<VadHistory> {
  for (let at = 0; at + VAD_WINDOW_SAMPLES <= audio.length; at += VAD_WINDOW_SAMPLES) {
    const window = audio.slice(at, at + VAD_WINDOW_SAMPLES);
    // A failing VAD must not swallow words: a window without a probability counts as speech.
    const probability = await probe.computeProbability(window).catch(() => 1);
    history.push(probability, computeLevel(window));
  }
  return history;
}
