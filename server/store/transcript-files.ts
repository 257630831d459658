import type { StoredTranscript, WireWord } from '../../protocol/index.ts';
import { buildFileName, type ExportFormat, exportTranscript } from '../../transcript/index.ts';
import type { ExportFile } from '../ports/transcripts.ts';

/** A transcript as JSON, UTF-8. */
export function renderTranscriptJson(transcript: StoredTranscript | undefined): Uint8Array | undefined {
  return transcript && new TextEncoder().encode(JSON.stringify(transcript));
}

/** Renders a transcript with its words as a file; undefined when there is no such transcript. */
export function renderExport(
  format: ExportFormat,
  transcript: StoredTranscript | undefined,
  words: ReadonlyMap<string, readonly WireWord[]> | undefined,
): ExportFile | undefined {
  if (transcript === undefined || words === undefined) return undefined;
  const bytes = new TextEncoder().encode(exportTranscript(format, { transcript, words }));
  return { name: buildFileName(transcript, format), bytes };
}
