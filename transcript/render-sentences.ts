import { toPrintable } from '../protocol/printable.ts';
import { buildCues, formatClockTime, type SpokenSentence } from './cues.ts';
import { renderSrt, renderVtt } from './subtitles.ts';

/** Formats that hold sentences and their times, without a title, notes or speakers. */
export type SentenceFormat = 'txt' | 'md' | 'srt' | 'vtt';

/** Sentences as a file: `txt` one a line, `md` paragraphs with their times. Sentences without text are left out. */
export function renderSentences(format: SentenceFormat, sentences: readonly SpokenSentence[]): string {
  const shown = sentences
    .map((sentence) => ({ ...sentence, text: toPrintable(sentence.text).trim() }))
    .filter(({ text }) => text !== '');
  switch (format) {
    case 'txt':
      return shown.map(({ text }) => `${text}\n`).join('');
    case 'md':
      return shown.map(({ fromMs, text }) => `**${formatClockTime(fromMs)}** ${text}\n\n`).join('');
    case 'srt':
      return renderSrt(buildCues(shown));
    case 'vtt':
      return renderVtt(buildCues(shown));
  }
}
