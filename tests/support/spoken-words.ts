import type { Word } from '../../server/core/hypothesis.ts';
import { SAMPLE_RATE } from '../../server/core/time.ts';

/** Words one after the other from a second on, half a second each. */
export const spokenWords = (text: string, fromS: number, confidence = 0.9): Word[] =>
  text
    .split(' ')
    .filter(Boolean)
    .map((each, i) => {
      const from = (fromS + i / 2) * SAMPLE_RATE;
      return { text: each, space: true, from, to: from + 0.4 * SAMPLE_RATE, confidence };
    });
