import type { ServerEvent } from '../../protocol/events.ts';
import { joinSentences } from '../../transcript/join-text.ts';
import type { ContractBreach, TextEvent } from '../../transcript/sentence.ts';
import { type Sentence, SentenceFold } from '../../transcript/sentence-fold.ts';
import { selectDisplayedText, type TextForm } from '../../transcript/wanted-form.ts';

export type { Sentence } from '../../transcript/sentence-fold.ts';
export type { TextForm } from '../../transcript/wanted-form.ts';

/** Which form of sentences to read; default: the cleaned one. `raw: true` is short for `text: 'raw'`. */
export interface FormOptions {
  readonly text?: TextForm | undefined;
  readonly raw?: boolean | undefined;
}

/**
 * Folds the events of one session into the text on screen. It keeps the newest state of each sentence and no events, so a
 * long session takes the memory of its text. Throws an Error when the server breaks the contract of its protocol: stable
 * text that changes, a second final, a cleaning of something that is not final.
 */
export class Transcript {
  readonly #fold = new SentenceFold({
    onBreach: (breach, event) => {
      // These came after this class, and are no reason to end a session that a caller has always read.
      if (event.type !== 'translated' && event.type !== 'revised') throw new Error(describeBreach(breach, event));
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

  /** The whole text, a sentence after the other, in the wanted form as far as it has come. */
  text(options: FormOptions = {}): string {
    const form = getTextForm(options);
    return joinSentences(this.sentences.map((sentence) => getDisplayedText(sentence, form)));
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

export const getTextForm = ({ text, raw = false }: FormOptions): TextForm => text ?? (raw ? 'raw' : 'cleaned');

/**
 * The text of a sentence as it is shown: the wanted form, else the next best. `true` is as first heard, `false` is cleaned, else
 * as heard the second time, else as first heard.
 */
export const getDisplayedText = (sentence: Sentence, form: TextForm | boolean): string =>
  selectDisplayedText(sentence, { text: typeof form === 'string' ? form : getTextForm({ raw: form }) });
