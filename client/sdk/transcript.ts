import type { ServerEvent } from '../../protocol/events.ts';
import { joinSentences } from '../../transcript/join-text.ts';
import type { ContractBreach, TextEvent } from '../../transcript/sentence.ts';
import { type Sentence, SentenceFold } from '../../transcript/sentence-fold.ts';
import { selectDisplayedText } from '../../transcript/wanted-form.ts';

export type { Sentence } from '../../transcript/sentence-fold.ts';

/**
 * Folds the events of one session into the text on screen. It keeps the newest state of each sentence and no events, so a
 * long session takes the memory of its text. Throws an Error when the server breaks the contract of its protocol: stable
 * text that changes, a second final, a cleaning of something that is not final.
 */
export class Transcript {
  readonly #fold = new SentenceFold({
    onBreach: (breach, event) => {
      // Translations came after this class, and are no reason to end a session that a caller has always read.
      if (event.type !== 'translated') throw new Error(describeBreach(breach, event));
    },
  });
  readonly #byNumber = new Map<number, Sentence>();

  /** In the order they were spoken. */
  get sentences(): readonly Sentence[] {
    return [...this.#fold.sentences]
      .filter((sentence) => sentence.final || sentence.stable + sentence.tentative !== '')
      .sort((a, b) => a.fromMs - b.fromMs || a.number - b.number);
  }

  get(number: number): Sentence | undefined {
    return this.#byNumber.get(number);
  }

  /** Reads one event; returns the sentence it changed, if any. */
  read(event: ServerEvent): Sentence | undefined {
    const sentence = this.#fold.read(event);
    if (sentence !== undefined) this.#byNumber.set(sentence.number, sentence);
    return sentence;
  }

  /** The whole text, a sentence after the other: cleaned where it is, or as spoken with `raw`. */
  text(options: { readonly raw?: boolean } = {}): string {
    return joinSentences(this.sentences.map((sentence) => getDisplayedText(sentence, options.raw ?? false)));
  }
}

function describeBreach(breach: ContractBreach, { type, sentence }: TextEvent): string {
  switch (breach) {
    case 'stable-changed':
      return type === 'final'
        ? `The final of sentence ${sentence} changes its stable text.`
        : `Stable text of sentence ${sentence} changed.`;
    case 'partial-after-final':
      return `A partial came after the final of sentence ${sentence}.`;
    case 'second-final':
      return `A second final of sentence ${sentence} came.`;
    case 'not-final':
      return `Sentence ${sentence} was ${type} before it was final.`;
  }
}

/** The text of a sentence as it is shown: cleaned, unless it is not or `raw` is wanted. */
export const getDisplayedText = (sentence: Sentence, raw: boolean): string =>
  selectDisplayedText(sentence, { text: raw ? 'raw' : 'cleaned' });
