import type { Word } from '../hypothesis.ts';
import { DECODE_SAMPLES_MAX, SAMPLE_RATE } from '../time.ts';

/** A final sentence as it was heard first. Positions are samples. */
export interface HeardSentence {
  readonly sentence: number;
  /** Where its audio begins. */
  readonly from: number;
  /** At least one. */
  readonly words: readonly Word[];
  readonly language: string;
}

/** Final sentences in a row, in one language, that are decoded together from the audio in [from, to). */
export interface Stretch {
  /** In the order in which they were spoken; at least one. */
  readonly sentences: readonly HeardSentence[];
  readonly from: number;
  readonly to: number;
  readonly language: string;
}

export interface StretchLength {
  /** A stretch ends with the first speech that ends after so many samples, */
  readonly least: number;
  /** and before the sentence with which it would be longer than this. */
  readonly most: number;
}

/** Audio behind the last word that belongs to a stretch, because the times of words are not exact. */
const TAIL_SAMPLES = SAMPLE_RATE / 2;

/**
 * Puts the sentences of one channel together into stretches. It holds no audio, and the sentences of one stretch at most:
 * a stretch is over when audio has gone on for its greatest length, whether or not anybody speaks.
 */
export class StretchCollector {
  readonly #length: StretchLength;
  #sentences: HeardSentence[] = [];

  constructor(length: StretchLength) {
    this.#length = length;
  }

  /** Adds the next sentence. Returns the stretch that ends before it, if one does. */
  add(sentence: HeardSentence): Stretch | undefined {
    const first = this.#sentences[0];
    const isOther =
      first !== undefined && (sentence.language !== first.language || endOf(sentence) - first.from > this.#length.most);
    const ended = isOther ? this.end(sentence.from) : undefined;
    this.#sentences.push(sentence);
    return ended;
  }

  /** Speech has ended at the sample `at`, and all of it is final. Returns the stretch that ends with it, if one does. */
  settle(at: number): Stretch | undefined {
    const last = this.#sentences.at(-1);
    if (last === undefined || endOf(last) - this.#sentences[0]!.from < this.#length.least) return undefined;
    return this.end(at);
  }

  /** Audio goes on up to `to`; speech that is not final begins at `open`. Returns the stretch that is over, if one is. */
  advance(to: number, open: number): Stretch | undefined {
    const first = this.#sentences[0];
    return first === undefined || to - first.from < this.#length.most ? undefined : this.end(open);
  }

  /** Ends the stretch, before the sample `limit`. Returns it, unless nothing was said or it does not fit into a decode. */
  end(limit: number): Stretch | undefined {
    const sentences = this.#sentences;
    this.#sentences = [];
    const [first] = sentences;
    if (first === undefined) return undefined;
    const end = endOf(sentences.at(-1)!);
    if (end - first.from > DECODE_SAMPLES_MAX) return undefined;
    const to = Math.min(Math.max(end, Math.min(end + TAIL_SAMPLES, limit)), first.from + DECODE_SAMPLES_MAX);
    return { sentences, from: first.from, to, language: first.language };
  }
}

const endOf = ({ words }: HeardSentence): number => words.at(-1)!.to;
