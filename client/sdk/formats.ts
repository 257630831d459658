import type { SpokenSentence } from '../../transcript/cues.ts';
import { renderSentences } from '../../transcript/render-sentences.ts';
import { getDisplayedText, type Sentence } from './transcript.ts';

export interface FormatOptions {
  /** As spoken instead of cleaned. */
  readonly raw?: boolean;
}

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

/** Everything: raw, cleaned, words and times. */
export function toJson(sentences: readonly Sentence[]): string {
  const rows = sentences.map(({ number, channel, stable, cleaned, changes, words, fromMs, toMs, language }) => ({
    sentence: number,
    channel,
    fromMs,
    toMs,
    language,
    text: stable,
    cleaned,
    changes,
    words,
  }));
  return `${JSON.stringify(rows, null, 2)}\n`;
}

const toSpoken = (sentences: readonly Sentence[], { raw = false }: FormatOptions): SpokenSentence[] =>
  sentences.map((sentence) => {
    const { fromMs, toMs, words } = sentence;
    return { text: getDisplayedText(sentence, raw), fromMs, toMs, words };
  });
