/** Delays of live text with one stream, seconds. */
export interface LiveDelays {
  /** From the first speech to the first words shown, median. */
  readonly firstWordsS: number;
  /** From the end of a word to the moment it is stable, mean. */
  readonly wordS: number;
  /** From the end of speech to its last final, median. */
  readonly finalS: number;
}

/** Delays that live text should keep, whatever the model. */
export const LIVE_AIMS: LiveDelays = { firstWordsS: 0.7, wordS: 1, finalS: 0.6 };

type Row = LiveDelays & { readonly decodeS: number };

/** Delays by the time of one decode, from `npm run bench -- replay --cost` on the fixtures (`tests/bench/README.md#auto`). */
const ROWS: readonly Row[] = [
  { decodeS: 0.12, firstWordsS: 0.49, wordS: 0.67, finalS: 0.39 },
  { decodeS: 0.22, firstWordsS: 0.5, wordS: 0.72, finalS: 0.45 },
  { decodeS: 0.43, firstWordsS: 0.53, wordS: 0.84, finalS: 0.66 },
  { decodeS: 0.84, firstWordsS: 0.58, wordS: 1.24, finalS: 1.07 },
  { decodeS: 1.66, firstWordsS: 0.67, wordS: 2.42, finalS: 1.89 },
];
/** What `live` measured with `base` over all recordings, less what the table says: those are harder than the fixtures. */
const HARDER: LiveDelays = { firstWordsS: 0.12, wordS: 0.26, finalS: 0.09 };

/**
 * Estimates the delays of live text with one stream.
 * @param decodeS Time of a final of 4 s, alone on all cores, seconds.
 */
export function estimateLiveDelays(decodeS: number): LiveDelays {
  const next = ROWS.findIndex((row) => row.decodeS >= decodeS);
  // Beyond the table delays grow as between its last rows.
  const at = Math.max(1, next < 0 ? ROWS.length - 1 : next);
  const [lower, upper] = [ROWS[at - 1]!, ROWS[at]!];
  const share = Math.max(0, (decodeS - lower.decodeS) / (upper.decodeS - lower.decodeS));
  const estimate = (of: keyof LiveDelays): number => lower[of] + (upper[of] - lower[of]) * share + HARDER[of];
  return { firstWordsS: estimate('firstWordsS'), wordS: estimate('wordS'), finalS: estimate('finalS') };
}

/** Whether live text with decodes of this length keeps the aims. */
export function keepsLiveAims(decodeS: number): boolean {
  const { firstWordsS, wordS, finalS } = estimateLiveDelays(decodeS);
  return firstWordsS <= LIVE_AIMS.firstWordsS && wordS <= LIVE_AIMS.wordS && finalS <= LIVE_AIMS.finalS;
}
