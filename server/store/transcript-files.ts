import { type ExportFormat, exportAs, fileName, type KeptTranscript, type WireWord } from '../../protocol/index.ts';
import type { ExportFile } from '../ports/transcripts.ts';

/** A transcript as JSON, UTF-8. */
export function documentOf(transcript: KeptTranscript | undefined): Uint8Array | undefined {
  return transcript && new TextEncoder().encode(JSON.stringify(transcript));
}

/** A transcript with its words as a file. Undefined where there is none. */
export function exportOf(
  format: ExportFormat,
  transcript: KeptTranscript | undefined,
  words: ReadonlyMap<string, readonly WireWord[]> | undefined,
): ExportFile | undefined {
  if (transcript === undefined || words === undefined) return undefined;
  const bytes = new TextEncoder().encode(exportAs(format, { transcript, words }));
  return { name: fileName(transcript, format), bytes };
}
