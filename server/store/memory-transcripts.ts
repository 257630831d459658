import { randomUUID } from 'node:crypto';
import {
  LIMITS,
  type NoteChange,
  type SentenceChange,
  type StoredNote,
  type StoredSentence,
  type StoredTranscript,
  type Summary,
  type TranscriptChange,
  type WireWord,
} from '../../protocol/index.ts';
import {
  compareSentences,
  type ExportFormat,
  formatSentenceName,
  getSentenceText,
  type TextForm,
} from '../../transcript/index.ts';
import { findSnippet, foldText } from '../core/transcript/search-text.ts';
import type {
  AudioOutcome,
  ChangeOutcome,
  ExportFile,
  Hearing,
  LastModified,
  ListPage,
  ListRequest,
  TranscriptAddition,
  TranscriptCalls,
  TranscriptPlace,
} from '../ports/transcripts.ts';
import { renderExport, renderTranscriptJson } from './transcript-files.ts';

interface MemoryTranscript {
  readonly owner: string;
  readonly startedMs: number;
  readonly order: number;
  title: string;
  language: string;
  changedMs: number;
  speakers: Record<string, string>;
  summary: Summary | undefined;
  readonly parts: { atMs: number; audioMs: number }[];
  readonly sentences: Map<string, StoredSentence & { words: readonly WireWord[]; revisedWords?: readonly WireWord[] }>;
  readonly notes: Map<string, StoredNote>;
}

/** Stores transcripts for as long as this object exists, without bounds: for tests. */
export class MemoryTranscripts implements TranscriptCalls {
  readonly #transcripts = new Map<string, MemoryTranscript>();
  readonly #settings = new Map<string, string>();
  readonly #nowMs: () => number;
  #order = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  create(owner: string, { title, startedMs }: { readonly title: string; readonly startedMs: number }) {
    if ([...this.#transcripts.values()].filter((stored) => stored.owner === owner).length >= LIMITS.transcriptsMax)
      return 'full';
    const id = randomUUID();
    this.#transcripts.set(id, {
      ...{ owner, title, startedMs, order: ++this.#order, language: '', changedMs: this.#nowMs() },
      ...{ speakers: {}, summary: undefined, parts: [], sentences: new Map(), notes: new Map() },
    });
    return { id };
  }

  join(owner: string, transcript: string): TranscriptPlace | 'unknown' | 'full' {
    const stored = this.#find(owner, transcript);
    if (stored === undefined) return 'unknown';
    if (stored.parts.length >= LIMITS.partsMax) return 'full';
    const atMs = computeDuration(stored);
    stored.parts.push({ atMs, audioMs: 0 });
    this.#touch(stored);
    return { transcript, part: stored.parts.length, atMs };
  }

  undoJoin({ transcript, part }: TranscriptPlace): void {
    const parts = this.#transcripts.get(transcript)?.parts;
    if (parts?.length === part && parts[part - 1]!.audioMs === 0) parts.pop();
  }

  add({ transcript, part }: TranscriptPlace, additions: readonly TranscriptAddition[]): ChangeOutcome {
    const stored = this.#transcripts.get(transcript);
    if (stored === undefined) return 'unknown';
    let outcome: ChangeOutcome = 'done';
    for (const addition of additions) if (!applyAddition(stored, part, addition)) outcome = 'full';
    this.#touch(stored);
    return outcome;
  }

  /** Audio is stored by `SqliteTranscripts` only. */
  addAudio(): AudioOutcome {
    return 'unavailable';
  }

  readAudio(): undefined {}

  readAudioClip(): undefined {}

  readSamples(): undefined {}

  list(owner: string, { words, limit, before }: ListRequest): ListPage {
    const [startedMs, order] = (before ?? '').split('.').map(Number);
    const found = [...this.#transcripts]
      .filter(
        ([, stored]) =>
          stored.owner === owner &&
          words.every((word) => listTexts(stored).some(({ text }) => foldText(text).includes(word))),
      )
      .sort(([, a], [, b]) => b.startedMs - a.startedMs || b.order - a.order)
      .filter(
        ([, stored]) =>
          before === undefined ||
          stored.startedMs < startedMs! ||
          (stored.startedMs === startedMs && stored.order < order!),
      );
    const page = found.slice(0, limit);
    const last = page.at(-1)?.[1];
    return {
      transcripts: page.map(([id, stored]) => ({
        ...toHead(id, stored),
        sentences: stored.sentences.size,
        ...findHit(stored, words),
      })),
      next: found.length > limit && last !== undefined ? `${last.startedMs}.${last.order}` : undefined,
    };
  }

  read(owner: string, transcript: string): StoredTranscript | undefined {
    const stored = this.#find(owner, transcript);
    if (stored === undefined) return undefined;
    const sentences = [...stored.sentences.values()].sort(compareSentences);
    return {
      ...toHead(transcript, stored),
      language: stored.language,
      speakers: { ...stored.speakers },
      sentences: sentences.map(({ words: _, revisedWords: __, ...sentence }) => sentence),
      notes: [...stored.notes.values()].sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1)),
      ...(stored.summary === undefined ? {} : { summary: stored.summary }),
    };
  }

  readWords(
    owner: string,
    transcript: string,
    hearing: Hearing = 'first',
  ): ReadonlyMap<string, readonly WireWord[]> | undefined {
    const sentences = this.#find(owner, transcript)?.sentences;
    const entries = [...(sentences ?? [])].flatMap(([name, { words, revisedWords }]) => {
      const heard = hearing === 'first' ? words : revisedWords;
      return heard === undefined ? [] : [[name, heard] as const];
    });
    return sentences && new Map(entries);
  }

  readJson(owner: string, transcript: string): Uint8Array | undefined {
    return renderTranscriptJson(this.read(owner, transcript));
  }

  export(owner: string, transcript: string, format: ExportFormat, form?: TextForm): ExportFile | undefined {
    return renderExport(format, form, {
      transcript: this.read(owner, transcript),
      words: this.readWords(owner, transcript, 'first'),
      revisedWords: this.readWords(owner, transcript, 'revised'),
    });
  }

  update(owner: string, transcript: string, { title, speakers }: TranscriptChange): ChangeOutcome {
    return this.#change(owner, transcript, (stored) => {
      if (title !== undefined) stored.title = title;
      if (speakers !== undefined) stored.speakers = speakers;
      return 'done';
    });
  }

  updateSentence(
    owner: string,
    transcript: string,
    name: string,
    { correction, highlight }: SentenceChange,
  ): ChangeOutcome {
    return this.#change(owner, transcript, (stored) => {
      const sentence = stored.sentences.get(name);
      if (sentence === undefined) return 'unknown';
      const { correction: before, ...rest } = sentence;
      const corrected = correction === undefined ? before : (correction ?? undefined);
      stored.sentences.set(name, {
        ...rest,
        ...(corrected === undefined ? {} : { correction: corrected }),
        highlight: highlight ?? sentence.highlight,
      });
      return 'done';
    });
  }

  saveNote(owner: string, transcript: string, id: string, { atMs, text }: NoteChange): ChangeOutcome {
    return this.#change(owner, transcript, (stored) => {
      if (!stored.notes.has(id) && stored.notes.size >= LIMITS.notesMax) return 'full';
      stored.notes.set(id, { id, atMs, text });
      return 'done';
    });
  }

  deleteNote(owner: string, transcript: string, id: string): ChangeOutcome {
    return this.#change(owner, transcript, (stored) => (stored.notes.delete(id) ? 'done' : 'unknown'));
  }

  saveSummary(owner: string, transcript: string, summary: Summary): ChangeOutcome {
    return this.#change(owner, transcript, (stored) => {
      stored.summary = summary;
      return 'done';
    });
  }

  remove(owner: string, transcript: string): ChangeOutcome {
    if (this.#find(owner, transcript) === undefined) return 'unknown';
    this.#transcripts.delete(transcript);
    return 'done';
  }

  removeEmpty(owner: string, transcript: string): void {
    const stored = this.#find(owner, transcript);
    if (stored?.sentences.size === 0 && stored.notes.size === 0) this.#transcripts.delete(transcript);
  }

  listChangedOutside(beforeMs: number, afterMs: number): readonly LastModified[] {
    return [...this.#transcripts].flatMap(([id, { changedMs }]) =>
      changedMs < beforeMs || changedMs > afterMs ? [{ id, changedMs }] : [],
    );
  }

  expire(candidates: readonly LastModified[]): number {
    const expired = candidates.filter(
      ({ id, changedMs }) => this.#transcripts.get(id)?.changedMs === changedMs && this.#transcripts.delete(id),
    );
    return expired.length;
  }

  readSetting(owner: string, name: string): string | undefined {
    return this.#settings.get(`${owner}\n${name}`);
  }

  writeSetting(owner: string, name: string, value: string | undefined): void {
    if (value === undefined) this.#settings.delete(`${owner}\n${name}`);
    else this.#settings.set(`${owner}\n${name}`, value);
  }

  #find(owner: string, transcript: string): MemoryTranscript | undefined {
    const stored = this.#transcripts.get(transcript);
    return stored?.owner === owner ? stored : undefined;
  }

  #change(owner: string, transcript: string, change: (stored: MemoryTranscript) => ChangeOutcome): ChangeOutcome {
    const stored = this.#find(owner, transcript);
    if (stored === undefined) return 'unknown';
    this.#touch(stored);
    return change(stored);
  }

  #touch(stored: MemoryTranscript): void {
    stored.changedMs = this.#nowMs();
  }
}

/** Returns false when there is no room for the sentence. */
function applyAddition(stored: MemoryTranscript, part: number, addition: TranscriptAddition): boolean {
  if (addition.kind === 'audio') {
    const { audioMs } = stored.parts[part - 1]!;
    stored.parts[part - 1]!.audioMs = Math.max(audioMs, addition.audioMs);
    return true;
  }
  const { channel, sentence } = addition;
  const name = formatSentenceName({ part, channel, sentence });
  const known = stored.sentences.get(name);
  if (addition.kind === 'final') {
    if (known !== undefined) return true;
    if (stored.sentences.size >= LIMITS.sentencesMax) return false;
    const { text, words, language, fromMs, toMs } = addition;
    stored.sentences.set(name, { part, channel, sentence, text, highlight: false, language, fromMs, toMs, words });
    stored.language ||= language;
    const spoken = stored.parts[part - 1]!;
    spoken.audioMs = Math.max(spoken.audioMs, toMs - spoken.atMs);
  } else if (addition.kind === 'revised' && known !== undefined) {
    const { cleaned: _, ...rest } = known;
    const { text: revised, words: revisedWords } = addition;
    if (revised !== known.revised) stored.sentences.set(name, { ...rest, revised, revisedWords });
  } else if (addition.kind === 'unrevised' && known?.revised !== undefined) {
    const { revised: _, revisedWords: __, cleaned: ___, ...rest } = known;
    stored.sentences.set(name, rest);
  } else if (addition.kind === 'cleaned' && known !== undefined) {
    if ((addition.revised === true) === (known.revised !== undefined))
      stored.sentences.set(name, { ...known, cleaned: addition.text });
  } else if (addition.kind === 'translated' && known !== undefined) {
    stored.sentences.set(name, {
      ...known,
      translations: { ...known.translations, [addition.language]: addition.text },
    });
  }
  return true;
}

function computeDuration({ parts }: MemoryTranscript): number {
  return Math.max(0, ...parts.map(({ atMs, audioMs }) => atMs + audioMs));
}

function toHead(id: string, stored: MemoryTranscript) {
  const { title, startedMs } = stored;
  return { id, title, startedAt: new Date(startedMs).toISOString(), durationMs: computeDuration(stored) };
}

/** All searchable texts, in search order. */
function listTexts({
  title,
  sentences,
  notes,
}: MemoryTranscript): { text: string; found: { sentence?: string; note?: string } }[] {
  return [
    { text: title, found: {} },
    ...[...sentences.values()].flatMap((each) =>
      [
        getSentenceText(each),
        each.cleaned ?? '',
        each.revised ?? '',
        each.text,
        ...Object.values(each.translations ?? {}),
      ].map((text) => ({ text, found: { sentence: formatSentenceName(each) } })),
    ),
    ...[...notes.values()].map(({ id, text }) => ({ text, found: { note: id } })),
  ];
}

function findHit(stored: MemoryTranscript, words: readonly string[]) {
  if (words.length === 0) return {};
  const longest = [...words].sort((a, b) => b.length - a.length)[0]!;
  const texts = listTexts(stored).map((each) => ({ ...each, folded: foldText(each.text) }));
  const hit =
    texts.find(({ folded }) => words.every((word) => folded.includes(word))) ??
    texts.find(({ folded }) => folded.includes(longest));
  return hit === undefined ? {} : { snippet: findSnippet(hit.text, words) ?? hit.text, found: hit.found };
}
