import { toPrintable } from '../../protocol/printable.ts';
import { buildCues, formatClockTime, type SpokenSentence } from '../../transcript/cues.ts';
import { renderSrt, renderVtt } from '../../transcript/subtitles.ts';
import { getDisplayedText, type Sentence } from './transcript.ts';

export interface FormatOptions {
  /** As spoken instead of cleaned. */
  readonly raw?: boolean;
}

/** One sentence a line. */
export function toText(sentences: readonly Sentence[], options: FormatOptions = {}): string {
  return spoken(sentences, options)
    .map(({ text }) => `${text}\n`)
    .join('');
}

/** SubRip captions. */
export function toSrt(sentences: readonly Sentence[], options: FormatOptions = {}): string {
  return renderSrt(buildCues(spoken(sentences, options)));
}

/** WebVTT captions. */
export function toVtt(sentences: readonly Sentence[], options: FormatOptions = {}): string {
  return renderVtt(buildCues(spoken(sentences, options)));
}

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

/** Paragraphs with their times, for notes. */
export function toMarkdown(sentences: readonly Sentence[], options: FormatOptions = {}): string {
  return spoken(sentences, options)
    .map(({ fromMs, text }) => `**${formatClockTime(fromMs)}** ${text}\n\n`)
    .join('');
}

function spoken(sentences: readonly Sentence[], { raw = false }: FormatOptions): SpokenSentence[] {
  return sentences
    .map((sentence) => {
      const { fromMs, toMs, words } = sentence;
      return { text: toPrintable(getDisplayedText(sentence, raw)).trim(), fromMs, toMs, words };
    })
    .filter(({ text }) => text !== '');
}
