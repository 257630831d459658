import { clock, cuesOf, type Spoken } from './cues.ts';
import type { WireWord } from './events.ts';
import { htmlOf } from './export-html.ts';
import { printable, printableJson } from './printable.ts';
import { readingOf, sentenceName } from './reading.ts';
import { srtOf, vttOf } from './subtitles.ts';
import { dateLine, linesOf, restingOn } from './transcript-lines.ts';
import type { KeptSentence, KeptTranscript, Summary } from './transcripts.ts';

export const EXPORTS = ['md', 'html', 'txt', 'srt', 'vtt', 'json'] as const;
export type ExportFormat = (typeof EXPORTS)[number];

/** What an export is made of: a transcript, and the words of its sentences by name. */
export interface Exported {
  readonly transcript: KeptTranscript;
  readonly words: ReadonlyMap<string, readonly WireWord[]>;
}

export const EXPORT_TYPES: Readonly<Record<ExportFormat, string>> = {
  md: 'text/markdown; charset=utf-8',
  html: 'text/html; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  srt: 'application/x-subrip; charset=utf-8',
  vtt: 'text/vtt; charset=utf-8',
  json: 'application/json',
};

/**
 * The transcript as a file: corrected text, notes in their place, highlights marked. The server and the meeting page
 * both use it, so a meeting is the same file wherever it is exported.
 */
export function exportAs(format: ExportFormat, exported: Exported): string {
  switch (format) {
    case 'md':
      return markdownOf(exported.transcript);
    case 'html':
      return htmlOf(exported.transcript);
    case 'txt':
      return textOf(exported.transcript);
    case 'srt':
      return srtOf(cuesOf(spokenOf(exported)));
    case 'vtt':
      return vttOf(cuesOf(spokenOf(exported)));
    case 'json':
      return jsonOf(exported);
  }
}

/** A name for the file: the title without what file systems do not take. */
export function fileName(
  { title, startedAt }: Pick<KeptTranscript, 'title' | 'startedAt'>,
  format: ExportFormat,
): string {
  const name = [
    ...printable(title)
      .replace(/(?:[<>:"/\\|?*\ufffd\s]|\u200c|\u200d)+/g, ' ')
      .replace(/^[\s.]+/g, ''),
  ]
    .slice(0, 80)
    .join('')
    .replace(/[\s.]+$/g, '');
  return `${name || `transcript ${startedAt.slice(0, 10)}`}.${format}`;
}

function textOf(transcript: KeptTranscript): string {
  const lines = linesOf(transcript).map((line) =>
    line.kind === 'note'
      ? `[${clock(line.note.atMs)}] Note: ${line.note.text.replace(/\s*\n\s*/g, '\n    ')}\n`
      : `[${clock(line.sentence.fromMs)}] ${line.sentence.highlight ? '* ' : ''}${line.speaker === undefined ? '' : `${line.speaker}: `}${line.text}\n`,
  );
  return `${printable(transcript.title)}\n${dateLine(transcript)}\n\n${lines.join('')}`;
}

function markdownOf(transcript: KeptTranscript): string {
  const parts = [`# ${plain(transcript.title)}\n\n${dateLine(transcript)}\n`];
  if (transcript.summary !== undefined) parts.push(summaryMarkdown(transcript.summary, transcript));
  parts.push('## Transcript\n');
  let speaker: string | undefined;
  for (const line of linesOf(transcript)) {
    if (line.kind === 'note') {
      // The note is Markdown already; quoted, its headings and lists stay its own.
      parts.push(`> **Note, ${clock(line.note.atMs)}**\n>\n${line.note.text.replace(/^/gm, '> ')}\n`);
      continue;
    }
    const { sentence, text } = line;
    if (line.speaker !== undefined && line.speaker !== speaker) parts.push(`### ${plain(line.speaker)}\n`);
    speaker = line.speaker;
    const words = sentence.highlight ? `==${plain(text)}==` : plain(text);
    parts.push(`**${clock(sentence.fromMs)}** ${words}\n`);
  }
  return parts.join('\n');
}

function summaryMarkdown(summary: Summary, transcript: KeptTranscript): string {
  const claim = ({ text, from }: { text: string; from: readonly string[] }, before = ''): string =>
    `- ${before}${plain(text)} (${restingOn(from, transcript)})\n`;
  const sections = [
    ['## Summary\n\n', summary.summary.map((each) => claim(each))],
    ['## Decisions\n\n', summary.decisions.map((each) => claim(each))],
    [
      '## Action items\n\n',
      summary.actions.map((each) => claim(each, each.owner === undefined ? '' : `**${plain(each.owner)}:** `)),
    ],
  ] as const;
  return sections
    .filter(([, items]) => items.length > 0)
    .map(([heading, items]) => heading + items.join(''))
    .join('\n');
}

/** Speech is no markup, whatever was said. */
const plain = (text: string): string => printable(text).replace(/[\\`*_{}[\]<>#|~=]/g, '\\$&');

function spokenOf({ transcript, words }: Exported): Spoken[] {
  const many = new Set(transcript.sentences.map(({ channel }) => channel)).size > 1;
  return transcript.sentences.map((sentence) => {
    const { fromMs, toMs, channel } = sentence;
    const speaker = many ? transcript.speakers[channel] : undefined;
    const text = readingOf(sentence).trim();
    const shown = speaker && text !== '' ? `${speaker}: ${text}` : text;
    return { text: shown, fromMs, toMs, words: words.get(sentenceName(sentence)) ?? [] };
  });
}

/** Fields in one order, wherever the parts come from; whatever is not printable is a `\\u` escape. */
function jsonOf({ transcript, words }: Exported): string {
  const { id, title, startedAt, durationMs, language, speakers, notes, summary } = transcript;
  const whole = {
    ...{ id, title, startedAt, durationMs, language, speakers },
    sentences: transcript.sentences.map((sentence) => sentenceJson(sentence, words.get(sentenceName(sentence)) ?? [])),
    notes: notes.map(({ id, atMs, text }) => ({ id, atMs, text })),
    summary,
  };
  return `${printableJson(whole, 2)}\n`;
}

function sentenceJson(sentence: KeptSentence, words: readonly WireWord[]): object {
  const { part, channel, text, cleaned, correction, translations, highlight, language, fromMs, toMs } = sentence;
  return {
    ...{ name: sentenceName(sentence), part, channel, sentence: sentence.sentence },
    ...{ text, cleaned, correction, translations, highlight, language, fromMs, toMs, words },
  };
}
