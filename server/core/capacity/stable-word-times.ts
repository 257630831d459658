interface Partial {
  readonly sentence: number;
  /** How many words, from the first one, are stable. */
  readonly stableWords: number;
}

interface Final {
  readonly sentence: number;
  readonly words: { readonly length: number };
}

/** Finds the moments at which the words of one session became stable. */
export class StableWordTimes {
  readonly #stableMs = new Map<number, number[]>();

  /** `cameMs`: when the event came, on any clock. */
  readPartial({ sentence, stableWords }: Partial, cameMs: number): void {
    const stableMs = this.#stableMs.get(sentence) ?? [];
    while (stableMs.length < stableWords) stableMs.push(cameMs);
    this.#stableMs.set(sentence, stableMs);
  }

  /** Returns when each word of the final was stable, in order; the words that no partial had are so with the final. */
  readFinal({ sentence, words }: Final, cameMs: number): number[] {
    const stableMs = this.#stableMs.get(sentence) ?? [];
    this.#stableMs.delete(sentence);
    return Array.from({ length: words.length }, (_, n) => stableMs[n] ?? cameMs);
  }
}
