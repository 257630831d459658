import type { StoredTranscript } from '../../protocol/index.ts';
import {
  buildFileName,
  type ExportFormat,
  type ExportSource,
  exportTranscript,
  type TextForm,
} from '../../transcript/index.ts';
import type { ExportFile } from '../ports/transcripts.ts';

/** A transcript as JSON, UTF-8. */
export function renderTranscriptJson(transcript: StoredTranscript | undefined): Uint8Array | undefined {
  return transcript && new TextEncoder().encode(JSON.stringify(transcript));
}

/** Renders a transcript with its words as a file; undefined when there is no such transcript. */
export function renderExport(
  format: ExportFormat,
  form: TextForm | undefined,
  { transcript, words, revisedWords }: { readonly [Part in keyof ExportSource]: ExportSource[Part] | undefined },
): ExportFile | undefined {
  if (transcript === undefined || words === undefined || revisedWords === undefined) return undefined;
  const bytes = new TextEncoder().encode(exportTranscript(format, { transcript, words, revisedWords }, form));
  return { name: buildFileName(transcript, format), bytes };
}
