import type { SpokenSentence } from '../../transcript/cues.ts';
import { renderSentences } from '../../transcript/render-sentences.ts';
import { type FormOptions, getDisplayedText, getTextForm, type Sentence } from './transcript.ts';

export type FormatOptions = FormOptions;

/** One sentence a line. */
export const toText = (sentences: readonly Sentence[], options: FormatOptions = {}): string =>
  renderSentences('txt', toSpoken(sentences, options));

/** SubRip captions. */
export const toSrt = (sentences: readonly Sentence[], options: FormatOptions = {}): string =>
  renderSentences('srt', toSpoken(sentences, options));

/** WebVTT captions. */
export const toVtt = (sentences: readonly Sentence[], options: FormatOptions = {}): string =>
  renderSentences('vtt', toSpoken(sentences, options));

/** Paragraphs with their times, for notes. */
export const toMarkdown = (sentences: readonly Sentence[], options: FormatOptions = {}): string =>
  renderSentences('md', toSpoken(sentences, options));

/** Everything: as first heard, revised, cleaned, words and times. */
export function toJson(sentences: readonly Sentence[]): string {
  const rows = sentences.map((sentence) => {
    const { number, channel, fromMs, toMs, language, stable, revised, cleaned, changes, words, revisedWords } =
      sentence;
    return {
      ...{ sentence: number, channel, fromMs, toMs, language },
      ...{ text: stable, revised, cleaned, changes, words },
      ...(revised === undefined ? {} : { revisedWords }),
    };
  });
  return `${JSON.stringify(rows, null, 2)}\n`;
}

const toSpoken = (sentences: readonly Sentence[], options: FormatOptions): SpokenSentence[] => {
  const form = getTextForm(options);
  return sentences.map((sentence) => {
    const { fromMs, toMs, revised, language } = sentence;
    const words = form === 'raw' || revised === undefined ? sentence.words : sentence.revisedWords;
    return { text: getDisplayedText(sentence, form), fromMs, toMs, words, language };
  });
};
