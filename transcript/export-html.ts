import { getOwnEntry } from '../protocol/own-entry.ts';
import { toPrintableLines } from '../protocol/printable.ts';
import type { StoredTranscript, Summary } from '../protocol/transcripts.ts';
import { formatClockTime } from './cues.ts';
import { buildTranscriptLines, formatCitations, formatDateLine, type TranscriptLine } from './transcript-lines.ts';
import type { TextForm } from './wanted-form.ts';

/**
 * A document of headings and paragraphs that word processors open directly: no script, no layout, no external resources.
 * Styles are inline, because Word reads them there.
 */
export function renderHtml(transcript: StoredTranscript, form: TextForm): string {
  const { title, language } = transcript;
  const body = [
    `<h1>${escaped(title)}</h1>`,
    `<p style="color:#555">${escaped(formatDateLine(transcript))}</p>`,
    ...(transcript.summary === undefined ? [] : summaryHtml(transcript.summary, transcript)),
    '<h2>Transcript</h2>',
    ...paragraphs(buildTranscriptLines(transcript, form)),
  ];
  const lang = /^[a-z]{2,3}$/.test(language) ? ` lang="${language}"` : '';
  return [
    '<!DOCTYPE html>',
    `<html${lang}>`,
    '<head>',
    '<meta charset="utf-8">',
    `<title>${escaped(title)}</title>`,
    '</head>',
    '<body style="font-family:Calibri,Arial,sans-serif">',
    ...body,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function paragraphs(lines: readonly TranscriptLine[]): string[] {
  let speaker: string | undefined;
  return lines.flatMap((line) => {
    if (line.kind === 'note') {
      const { atMs, text } = line.note;
      const words = escaped(text).replace(/\n/g, '<br>');
      return [
        `<p dir="auto" style="margin-left:2em;border-left:3px solid #999;padding-left:0.6em"><b>Note, ${formatClockTime(atMs)}</b><br>${words}</p>`,
      ];
    }
    const { sentence, text } = line;
    const heading =
      line.speaker !== undefined && line.speaker !== speaker ? [`<h3 dir="auto">${escaped(line.speaker)}</h3>`] : [];
    speaker = line.speaker;
    const words = sentence.highlight ? `<mark style="background:#ffff00">${escaped(text)}</mark>` : escaped(text);
    return [
      ...heading,
      `<p dir="auto"><span style="color:#555">${formatClockTime(sentence.fromMs)}</span> ${words}</p>`,
    ];
  });
}

function summaryHtml(summary: Summary, transcript: StoredTranscript): string[] {
  const item = ({ text, from }: { text: string; from: readonly string[] }, owner?: string): string =>
    `<li dir="auto">${owner === undefined ? '' : `<b>${escaped(owner)}:</b> `}${escaped(text)} <span style="color:#555">(${formatCitations(from, transcript)})</span></li>`;
  const section = (heading: string, items: readonly string[]): string[] =>
    items.length === 0 ? [] : [`<h2>${heading}</h2>`, '<ul>', ...items, '</ul>'];
  return [
    ...section(
      'Summary',
      summary.summary.map((claim) => item(claim)),
    ),
    ...section(
      'Decisions',
      summary.decisions.map((claim) => item(claim)),
    ),
    ...section(
      'Action items',
      summary.actions.map((claim) => item(claim, claim.owner)),
    ),
  ];
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string =>
  toPrintableLines(text).replace(/[&<>"']/g, (character) => getOwnEntry(ENTITIES, character)!);
