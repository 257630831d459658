import type { AudioRing } from '../audio/ring.ts';
import { findQuietestOffset } from '../sentence/cut.ts';
import type { VadHistory } from '../speech/vad-history.ts';
import { msToSamples, SAMPLE_RATE } from '../time.ts';

/**
 * How the audio of a recording is cut. Nobody waits for its text word by word, so it is decoded as the whole file would be: in
 * stretches nearly as long as the recogniser's window, over all pauses in between.
 */

/** A stretch ends here in any case; with rounding, it fits into the recogniser's window of 30 s. */
const STRETCH_SAMPLES_MAX = 28 * SAMPLE_RATE;
/** A stretch that would become too long ends in the longest pause behind this much of it. */
const STRETCH_SAMPLES_MIN = 14 * SAMPLE_RATE;
/** Silence in which a stretch ends however short it is: in longer silence a recogniser may write what was not said, ms. */
const SILENCE_MS = 3_000;
/** How much of that silence belongs to the stretch, ms. */
const SILENCE_KEPT_MS = 500;
/** Without a pause of this length, a stretch ends at the quietest place near its end, ms. */
const PAUSE_MS = 100;
const QUIET_SEARCH_SAMPLES = 2 * SAMPLE_RATE;

/** Where a stretch ends in the silence that has lasted from `lastVoice` to `to`; undefined while it goes on. */
export function findSilentEnd(lastVoice: number, to: number): number | undefined {
  return to - lastVoice < msToSamples(SILENCE_MS) ? undefined : lastVoice + msToSamples(SILENCE_KEPT_MS);
}

/** Where a stretch ends that began at `start` and goes on at `to`; undefined while it has room. */
export function findStretchEnd(start: number, to: number, history: VadHistory, ring: AudioRing): number | undefined {
  if (to - start < STRETCH_SAMPLES_MAX) return undefined;
  const pause = history.findLongestPause(start + STRETCH_SAMPLES_MIN, to);
  if (pause !== undefined && pause.to - pause.from >= msToSamples(PAUSE_MS))
    return Math.round((pause.from + pause.to) / 2);
  const from = to - QUIET_SEARCH_SAMPLES;
  return from + findQuietestOffset(ring.read(from, to));
}
