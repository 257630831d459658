import type { Word } from '../hypothesis.ts';
import { msToSamples, samplesToMs } from '../time.ts';
import type { OutputQueue } from './output-queue.ts';

/** Shortest gap that ends speech in which a voice is heard: word times jitter, and the newest word of a decode is often missing. */
const GAP_IN_SPEECH_MS_MIN = 1_000;

/**
 * Finds the end of what is said by its words, whatever the VAD takes the sound behind them for. For one channel it reports that no word
 * has followed the last one for a while, once for each last word. Positions are samples; without `gapMs` nothing is reported.
 */
export class WordGap {
  readonly #channel: number;
  readonly #outputs: OutputQueue;
  /** End of the last final word; undefined once its gap was reported. */
  #lastWord: number | undefined;
  /** How far the open speech is decoded and has no word. */
  #wordlessTo = 0;

  /** `lastWord` is how it stood before a restart. */
  constructor(channel: number, outputs: OutputQueue, lastWord: number | undefined) {
    this.#channel = channel;
    this.#outputs = outputs;
    this.#lastWord = lastWord;
  }

  get lastWord(): number | undefined {
    return this.#lastWord;
  }

  /** A final was published whose last word ends at `to`. */
  noteFinal(to: number): void {
    this.#lastWord = to;
  }

  /**
   * Reads a decode up to `decodedTo` of open speech whose last word is `lastWord`. Returns whether that speech is over although a
   * voice is heard, because no word has followed for so long: it is noise.
   */
  endsSpeech(lastWord: Word | undefined, decodedTo: number, gapMs: number | undefined): boolean {
    if (lastWord === undefined) this.#wordlessTo = decodedTo;
    if (lastWord === undefined || gapMs === undefined) return false;
    return decodedTo - lastWord.to >= msToSamples(Math.max(gapMs, GAP_IN_SPEECH_MS_MIN));
  }

  /** Every word in the audio up to `finalTo` is final; no speech is open behind it, or, with `isWordless`, speech without a word. */
  report(finalTo: number, isWordless: boolean, gapMs: number | undefined): void {
    const lastWord = this.#lastWord;
    if (lastWord === undefined || gapMs === undefined) return;
    const to = isWordless ? Math.max(finalTo, this.#wordlessTo) : finalTo;
    if (to - lastWord < msToSamples(gapMs)) return;
    this.#lastWord = undefined;
    this.#outputs.pushEvent({ type: 'gap', channel: this.#channel, wordMs: samplesToMs(lastWord) });
  }
}
