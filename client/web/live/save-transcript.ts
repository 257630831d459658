import { getOwnEntry } from '../../../protocol/own-entry.ts';
import { type Sentence, toJson, toMarkdown, toSrt, toText, toVtt } from '../../sdk/index.ts';
import { saveText } from '../ui/save-file.ts';

const WRITERS: Readonly<Record<string, (sentences: readonly Sentence[], raw: boolean) => string>> = {
  txt: (sentences, raw) => toText(sentences, { raw }),
  md: (sentences, raw) => toMarkdown(sentences, { raw }),
  srt: (sentences, raw) => toSrt(sentences, { raw }),
  vtt: (sentences, raw) => toVtt(sentences, { raw }),
  json: (sentences) => toJson(sentences),
};

/** Downloads the transcript as a file of the given format. */
export function saveTranscript(kind: string, sentences: readonly Sentence[], raw: boolean): void {
  const write = getOwnEntry(WRITERS, kind);
  if (write === undefined) return;
  saveText(`sotto-${new Date().toISOString().slice(0, 16).replace(/[:T]/g, '-')}.${kind}`, write(sentences, raw));
}
