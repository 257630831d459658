import type { WireWord } from '../protocol/events.ts';
import { toPrintable, toPrintableJson } from '../protocol/printable.ts';
import type { StoredSentence, StoredTranscript, Summary } from '../protocol/transcripts.ts';
import { buildCues, formatClockTime, type SpokenSentence } from './cues.ts';
import { renderHtml } from './export-html.ts';
import { formatSentenceName, getSentenceText } from './sentence-text.ts';
import { renderSrt, renderVtt } from './subtitles.ts';
import { buildTranscriptLines, formatCitations, formatDateLine } from './transcript-lines.ts';
import type { TextForm } from './wanted-form.ts';

export const EXPORT_FORMATS = ['md', 'html', 'txt', 'srt', 'vtt', 'json'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** What an export is made of: a transcript, and the words of its sentences by sentence name. */
export interface ExportSource {
  readonly transcript: StoredTranscript;
  readonly words: ReadonlyMap<string, readonly WireWord[]>;
  /** The same of the sentences that were revised, as they were heard the second time. */
  readonly revisedWords?: ReadonlyMap<string, readonly WireWord[]>;
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
 * The transcript as a file: its text in the given form, notes in their place, highlights marked. `json` has every form. The
 * server and the meeting page both use it, so that a meeting is the same file, byte for byte, wherever it is exported: the order
 * of what they give does not matter.
 */
export function exportTranscript(
  format: ExportFormat,
  { transcript, ...words }: ExportSource,
  form: TextForm = 'cleaned',
): string {
  const source = { transcript: sortTranscript(transcript), ...words };
  switch (format) {
    case 'md':
      return renderMarkdown(source.transcript, form);
    case 'html':
      return renderHtml(source.transcript, form);
    case 'txt':
      return renderText(source.transcript, form);
    case 'srt':
      return renderSrt(buildCues(toSpokenSentences(source, form)));
    case 'vtt':
      return renderVtt(buildCues(toSpokenSentences(source, form)));
    case 'json':
      return renderJson(source);
  }
}

/** Orders the sentences of a transcript as servers list them: by time, then by name. */
export const compareSentences = (a: StoredSentence, b: StoredSentence): number =>
  a.fromMs - b.fromMs || a.part - b.part || a.channel - b.channel || a.sentence - b.sentence;

/** In the order in which servers list them. */
function sortTranscript(transcript: StoredTranscript): StoredTranscript {
  const sentences = [...transcript.sentences].sort(compareSentences);
  const notes = [...transcript.notes].sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1));
  return { ...transcript, sentences, notes };
}

/** A file name: the title without characters that file systems reject, or the date where nothing is left of it. */
export function buildFileName(
  { title, startedAt }: Pick<StoredTranscript, 'title' | 'startedAt'>,
  extension: ExportFormat | 'opus',
): string {
  const name = [
    ...toPrintable(title)
      .replace(/(?:[<>:"/\\|?*\ufffd\s]|\u200c|\u200d)+/g, ' ')
      .replace(/^[\s.]+/g, ''),
  ]
    .slice(0, 80)
    .join('')
    .replace(/[\s.]+$/g, '');
  return `${name || `transcript ${startedAt.slice(0, 10)}`}.${extension}`;
}

function renderText(transcript: StoredTranscript, form: TextForm): string {
  const lines = buildTranscriptLines(transcript, form).map((line) =>
    line.kind === 'note'
      ? `[${formatClockTime(line.note.atMs)}] Note: ${line.note.text.replace(/\s*\n\s*/g, '\n    ')}\n`
      : `[${formatClockTime(line.sentence.fromMs)}] ${line.sentence.highlight ? '* ' : ''}${line.speaker === undefined ? '' : `${line.speaker}: `}${line.text}\n`,
  );
  return `${toPrintable(transcript.title)}\n${formatDateLine(transcript)}\n\n${lines.join('')}`;
}

function renderMarkdown(transcript: StoredTranscript, form: TextForm): string {
  const parts = [`# ${escapeMarkdown(transcript.title)}\n\n${formatDateLine(transcript)}\n`];
  if (transcript.summary !== undefined) parts.push(summaryMarkdown(transcript.summary, transcript));
  parts.push('## Transcript\n');
  let speaker: string | undefined;
  for (const line of buildTranscriptLines(transcript, form)) {
    if (line.kind === 'note') {
      // A note is Markdown itself. Quoted, its headings and lists do not mix with those of the file.
      parts.push(`> **Note, ${formatClockTime(line.note.atMs)}**\n>\n${line.note.text.replace(/^/gm, '> ')}\n`);
      continue;
    }
    const { sentence, text } = line;
    if (line.speaker !== undefined && line.speaker !== speaker) parts.push(`### ${escapeMarkdown(line.speaker)}\n`);
    speaker = line.speaker;
    const words = sentence.highlight ? `==${escapeMarkdown(text)}==` : escapeMarkdown(text);
    parts.push(`**${formatClockTime(sentence.fromMs)}** ${words}\n`);
  }
  return parts.join('\n');
}

function summaryMarkdown(summary: Summary, transcript: StoredTranscript): string {
  const claim = ({ text, from }: { text: string; from: readonly string[] }, before = ''): string =>
    `- ${before}${escapeMarkdown(text)} (${formatCitations(from, transcript)})\n`;
  const sections = [
    ['## Summary\n\n', summary.summary.map((each) => claim(each))],
    ['## Decisions\n\n', summary.decisions.map((each) => claim(each))],
    [
      '## Action items\n\n',
      summary.actions.map((each) => claim(each, each.owner === undefined ? '' : `**${escapeMarkdown(each.owner)}:** `)),
    ],
  ] as const;
  return sections
    .filter(([, items]) => items.length > 0)
    .map(([heading, items]) => heading + items.join(''))
    .join('\n');
}

/** Escapes speech, so that nothing in it is read as markup. */
const escapeMarkdown = (text: string): string => toPrintable(text).replace(/[\\`*_{}[\]<>#|~=]/g, '\\$&');

function toSpokenSentences({ transcript, words, revisedWords }: ExportSource, form: TextForm): SpokenSentence[] {
  const hasSeveralChannels = new Set(transcript.sentences.map(({ channel }) => channel)).size > 1;
  return transcript.sentences.map((sentence) => {
    const { fromMs, toMs, channel, language } = sentence;
    const speaker = hasSeveralChannels ? transcript.speakers[channel] : undefined;
    const text = getSentenceText(sentence, form).trim();
    const shown = speaker && text !== '' ? `${speaker}: ${text}` : text;
    const name = formatSentenceName(sentence);
    const timed = (form === 'raw' ? undefined : revisedWords?.get(name)) ?? words.get(name) ?? [];
    return { text: shown, fromMs, toMs, words: timed, language };
  });
}

/** Every field, in a fixed order; characters that are not printable are `\\u` escapes. */
function renderJson({ transcript, words, revisedWords }: ExportSource): string {
  const { id, title, startedAt, durationMs, language, speakers, notes, summary } = transcript;
  const whole = {
    ...{ id, title, startedAt, durationMs, language, speakers },
    sentences: transcript.sentences.map((sentence) => {
      const name = formatSentenceName(sentence);
      return toJsonSentence(sentence, words.get(name) ?? [], revisedWords?.get(name));
    }),
    notes: notes.map(({ id, atMs, text }) => ({ id, atMs, text })),
    summary,
  };
  return `${toPrintableJson(whole, 2)}\n`;
}

function toJsonSentence(
  sentence: StoredSentence,
  words: readonly WireWord[],
  revisedWords: readonly WireWord[] | undefined,
): object {
  const { part, channel, text, revised, cleaned, correction, translations, highlight, language, fromMs, toMs } =
    sentence;
  return {
    ...{ name: formatSentenceName(sentence), part, channel, sentence: sentence.sentence },
    ...{ text, revised, cleaned, correction, translations, highlight, language, fromMs, toMs },
    words: words.map(toJsonWord),
    revisedWords: revisedWords?.map(toJsonWord),
  };
}

const toJsonWord = ({ text, fromMs, toMs, confidence }: WireWord): WireWord => ({ text, fromMs, toMs, confidence });
