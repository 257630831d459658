import type { Word } from '../hypothesis.ts';
import { endsSentence } from '../sentence/boundary.ts';
import { matchPreviousDecode } from './word-evidence.ts';

/** A sentence end in a decode. */
export interface AgreedEnd {
  /** Index of its last word. */
  readonly at: number;
  /** How much audio was added while decodes in a row had it in the same place, samples. */
  readonly agreedSamples: number;
}

/** Follows the first sentence end behind the stable words from decode to decode. */
export class SentenceEnd {
  #last: { readonly word: Word; readonly since: number } | undefined;

  /** Finds the first end from the word `from` on, in a decode of audio that ends at `edge`; undefined when there is none. */
  follow(words: readonly Word[], from: number, edge: number, language?: string): AgreedEnd | undefined {
    const at = words.findIndex((word, i) => i >= from && endsSentence(word, words[i + 1], language));
    const word = words[at];
    const before = this.#last;
    if (word === undefined) {
      this.#last = undefined;
      return undefined;
    }
    const isSame =
      before !== undefined && matchPreviousDecode([word], [{ word: before.word, repeats: 0 }])[0]!.repeats > 0;
    const since = isSame ? before.since : edge;
    this.#last = { word, since };
    return { at, agreedSamples: edge - since };
  }

  forget(): void {
    this.#last = undefined;
  }
}
