import type { Change, EventOf, ServerEvent, WireWord } from '../../protocol/index.ts';

/** One sentence as it stands on screen. */
export interface Sentence {
  readonly number: number;
  readonly channel: number;
  /** Text that will not change. After `final` it is the whole sentence as spoken. */
  stable: string;
  /** Text that may change; append it to `stable` as it is. */
  tentative: string;
  words: readonly WireWord[];
  fromMs: number;
  toMs: number;
  final: boolean;
  language: string | undefined;
  /** The cleaned form, once there is one; may be empty. */
  cleaned: string | undefined;
  changes: readonly Change[];
}

/**
 * Folds events into the text on screen. Throws an Error when the server breaks its promise: stable text that changes,
 * a second final, a cleaning of something that is not final.
 */
export class Transcript {
  readonly #sentences = new Map<number, Sentence>();

  /** In the order they were spoken. */
  get sentences(): readonly Sentence[] {
    return [...this.#sentences.values()]
      .filter((sentence) => sentence.final || sentence.stable + sentence.tentative !== '')
      .sort((a, b) => a.fromMs - b.fromMs || a.number - b.number);
  }

  get(number: number): Sentence | undefined {
    return this.#sentences.get(number);
  }

  /** Reads one event; returns the sentence it changed, if any. */
  read(event: ServerEvent): Sentence | undefined {
    switch (event.type) {
      case 'partial':
        return this.#partial(event);
      case 'final':
        return this.#final(event);
      case 'cleaned':
        return this.#cleaned(event);
      default:
        return undefined;
    }
  }

  /** The whole text, a sentence after the other: cleaned where it is, or as spoken with `raw`. */
  text(options: { readonly raw?: boolean } = {}): string {
    return this.sentences
      .map((sentence) => getDisplayedText(sentence, options.raw ?? false))
      .filter((text) => text !== '')
      .join(' ');
  }

  #partial(event: EventOf<'partial'>): Sentence {
    const sentence = this.#open(event.sentence, event.channel);
    if (sentence.final) throw new Error(`A partial came after the final of sentence ${event.sentence}.`);
    if (!event.stable.startsWith(sentence.stable))
      throw new Error(`Stable text of sentence ${event.sentence} changed.`);
    const { stable, tentative, words, fromMs, toMs } = event;
    return Object.assign(sentence, { stable, tentative, words, fromMs, toMs });
  }

  #final(event: EventOf<'final'>): Sentence {
    const sentence = this.#open(event.sentence, event.channel);
    if (sentence.final) throw new Error(`A second final of sentence ${event.sentence} came.`);
    if (!event.text.startsWith(sentence.stable))
      throw new Error(`The final of sentence ${event.sentence} changes its stable text.`);
    const { text, words, fromMs, toMs, language } = event;
    return Object.assign(sentence, { stable: text, tentative: '', words, fromMs, toMs, language, final: true });
  }

  #cleaned(event: EventOf<'cleaned'>): Sentence {
    const sentence = this.#sentences.get(event.sentence);
    if (sentence?.final !== true) throw new Error(`Sentence ${event.sentence} was cleaned before it was final.`);
    return Object.assign(sentence, { cleaned: event.text, changes: event.changes });
  }

  #open(number: number, channel: number): Sentence {
    const known = this.#sentences.get(number);
    if (known !== undefined) return known;
    const sentence: Sentence = {
      number,
      channel,
      stable: '',
      tentative: '',
      words: [],
      fromMs: 0,
      toMs: 0,
      final: false,
      language: undefined,
      cleaned: undefined,
      changes: [],
    };
    this.#sentences.set(number, sentence);
    return sentence;
  }
}

/** What a sentence reads like: cleaned when it is and `raw` is not wanted. */
export function getDisplayedText(sentence: Sentence, raw: boolean): string {
  const spoken = sentence.stable + sentence.tentative;
  return raw ? spoken : (sentence.cleaned ?? spoken);
}
