import { type Sentence, toSrt, toText, toVtt } from '../../sdk/index.ts';
import { clock } from '../views/transcript.ts';
import { saidAt } from './links.ts';
import { type Claim, lengthOf, type Meeting, type Note, nameOf, readingOf, type Said } from './meeting-state.ts';

export const FORMATS = ['md', 'html', 'txt', 'srt', 'vtt', 'json'] as const;
export type Format = (typeof FORMATS)[number];

export const FORMAT_NAMES: Readonly<Record<Format, string>> = {
  md: 'Markdown (.md)',
  html: 'For Word (.html)',
  txt: 'Text (.txt)',
  srt: 'Captions (.srt)',
  vtt: 'Captions (.vtt)',
  json: 'Everything (.json)',
};

/** Writes a meeting that no server keeps; a server writes those it keeps in the same formats. */
export function write(meeting: Meeting, format: Format): string {
  switch (format) {
    case 'md':
      return toMarkdown(meeting);
    case 'html':
      return toHtml(meeting);
    case 'txt':
      return toText(captionsOf(meeting));
    case 'srt':
      return toSrt(captionsOf(meeting));
    case 'vtt':
      return toVtt(captionsOf(meeting));
    case 'json':
      return toJson(meeting);
  }
}

/** What is on a line of its own in a document: a sentence, or a note at its moment. */
type Row = { readonly said: Said; readonly turn: boolean } | { readonly note: Note };

/** Sentences with the notes behind what they belong to; `turn` where somebody else begins to speak. */
function rowsOf(meeting: Meeting): Row[] {
  const waiting = [...meeting.notes];
  const rows: Row[] = [];
  const first = meeting.sentences[0];
  while (waiting[0] !== undefined && (first === undefined || waiting[0].atMs < first.fromMs)) {
    rows.push({ note: waiting.shift()! });
  }
  meeting.sentences.forEach((said, i) => {
    rows.push({ said, turn: meeting.sentences[i - 1]?.channel !== said.channel });
    const next = meeting.sentences[i + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
    while (waiting[0] !== undefined && waiting[0].atMs < next) rows.push({ note: waiting.shift()! });
  });
  return rows.filter((row) => 'note' in row || readingOf(row.said) !== '');
}

const CLAIMS = [
  ['summary', 'Summary'],
  ['decisions', 'Decisions'],
  ['actions', 'Actions'],
] as const;

const claimText = ({ text, owner }: Claim): string => (owner === undefined ? text : `${owner}: ${text}`);

function toMarkdown(meeting: Meeting): string {
  const lines = [`# ${meeting.title}`, '', dayOf(meeting), ''];
  for (const [field, heading] of CLAIMS) {
    const claims = meeting.summary?.[field] ?? [];
    if (claims.length > 0) lines.push(`## ${heading}`, '', ...claims.map((claim) => `- ${claimText(claim)}`), '');
  }
  lines.push('## Transcript', '');
  for (const row of rowsOf(meeting)) {
    if ('note' in row) lines.push(...row.note.text.split('\n').map((line) => `> ${line}`), '');
    else {
      const { said, turn } = row;
      const text = said.highlight ? `==${readingOf(said)}==` : readingOf(said);
      lines.push(turn ? `**${nameOf(meeting, said.channel)}** (${clock(said.fromMs)}) ${text}` : text, '');
    }
  }
  return lines.join('\n');
}

/** Headings, paragraphs and nothing that runs: word processors open it as a document. */
function toHtml(meeting: Meeting): string {
  const body = [`<h1>${escapeHtml(meeting.title)}</h1>`, `<p>${escapeHtml(dayOf(meeting))}</p>`];
  for (const [field, heading] of CLAIMS) {
    const claims = meeting.summary?.[field] ?? [];
    if (claims.length === 0) continue;
    body.push(
      `<h2>${heading}</h2>`,
      '<ul>',
      ...claims.map((claim) => `<li>${escapeHtml(claimText(claim))}</li>`),
      '</ul>',
    );
  }
  body.push('<h2>Transcript</h2>');
  for (const row of rowsOf(meeting)) {
    if ('note' in row) {
      body.push(`<blockquote>${escapeHtml(row.note.text).replaceAll('\n', '<br>')}</blockquote>`);
      continue;
    }
    const { said, turn } = row;
    const text = escapeHtml(readingOf(said));
    const who = turn ? `<b>${escapeHtml(nameOf(meeting, said.channel))}</b> (${clock(said.fromMs)}) ` : '';
    body.push(`<p>${who}${said.highlight ? `<mark>${text}</mark>` : text}</p>`);
  }
  const head = `<meta charset="utf-8"><title>${escapeHtml(meeting.title)}</title>`;
  return `<!doctype html>\n<html><head>${head}</head><body>\n${body.join('\n')}\n</body></html>\n`;
}

function toJson(meeting: Meeting): string {
  const { title, startedAt, speakers, notes, summary } = meeting;
  const sentences = meeting.sentences.map(({ key, ...rest }) => {
    const [part, , sentence] = key.split('.').map(Number);
    return { part, sentence, ...rest };
  });
  const whole = { title, startedAt, durationMs: lengthOf(meeting), speakers, sentences, notes, summary };
  return `${JSON.stringify(whole, null, 2)}\n`;
}

/** The speaker's name stands in the caption wherever another one begins. */
function captionsOf(meeting: Meeting): Sentence[] {
  return meeting.sentences
    .filter((said) => readingOf(said) !== '')
    .map((said, i, all) => ({
      number: i + 1,
      channel: said.channel,
      stable: `${all[i - 1]?.channel === said.channel ? '' : `${nameOf(meeting, said.channel)}: `}${readingOf(said)}`,
      tentative: '',
      words: [],
      fromMs: said.fromMs,
      toMs: said.toMs,
      final: true,
      language: said.language,
      cleaned: undefined,
      changes: [],
    }));
}

/** Notes as the reader's own Markdown file: each with its moment and what was being said. */
export function notesToMarkdown(meeting: Meeting): string {
  const parts = meeting.notes.map((note) => {
    const said = saidAt(meeting.sentences, note.atMs);
    const quoted = said === undefined ? '' : `\n\n> ${nameOf(meeting, said.channel)}: ${readingOf(said)}`;
    return `**${clock(note.atMs)}** ${note.text}${quoted}\n`;
  });
  return [`# ${meeting.title}\n`, ...parts].join('\n');
}

const dayOf = (meeting: Meeting): string =>
  `${meeting.startedAt.slice(0, 16).replace('T', ' ')}, ${clock(lengthOf(meeting))}`;

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
