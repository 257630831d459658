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
import { type ExportFormat, formatSentenceName, getSentenceText } from '../../transcript/index.ts';
import { findSnippet, foldText } from '../core/transcript/search-text.ts';
import type {
  ChangeOutcome,
  ExportFile,
  LastModified,
  ListPage,
  ListRequest,
  TranscriptAddition,
  TranscriptCalls,
  TranscriptPlace,
} from '../ports/transcripts.ts';
import { renderExport, renderTranscriptJson } from './transcript-files.ts';

interface Held {
  readonly owner: string;
  readonly startedMs: number;
  readonly order: number;
  title: string;
  language: string;
  changedMs: number;
  speakers: Record<string, string>;
  summary: Summary | undefined;
  readonly parts: { atMs: number; audioMs: number }[];
  readonly sentences: Map<string, StoredSentence & { words: readonly WireWord[] }>;
  readonly notes: Map<string, StoredNote>;
}

/** Transcripts that last as long as this object, without bounds: for tests. */
export class MemoryTranscripts implements TranscriptCalls {
  readonly #held = new Map<string, Held>();
  readonly #settings = new Map<string, string>();
  readonly #nowMs: () => number;
  #order = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  create(owner: string, { title, startedMs }: { readonly title: string; readonly startedMs: number }) {
    if ([...this.#held.values()].filter((held) => held.owner === owner).length >= LIMITS.transcriptsMax) return 'full';
    const id = randomUUID();
    this.#held.set(id, {
      ...{ owner, title, startedMs, order: ++this.#order, language: '', changedMs: this.#nowMs() },
      ...{ speakers: {}, summary: undefined, parts: [], sentences: new Map(), notes: new Map() },
    });
    return { id };
  }

  join(owner: string, transcript: string): TranscriptPlace | 'unknown' | 'full' {
    const held = this.#of(owner, transcript);
    if (held === undefined) return 'unknown';
    if (held.parts.length >= LIMITS.partsMax) return 'full';
    const atMs = durationOf(held);
    held.parts.push({ atMs, audioMs: 0 });
    this.#touch(held);
    return { transcript, part: held.parts.length, atMs };
  }

  unjoin({ transcript, part }: TranscriptPlace): void {
    const parts = this.#held.get(transcript)?.parts;
    if (parts?.length === part && parts[part - 1]!.audioMs === 0) parts.pop();
  }

  add({ transcript, part }: TranscriptPlace, additions: readonly TranscriptAddition[]): ChangeOutcome {
    const held = this.#held.get(transcript);
    if (held === undefined) return 'unknown';
    let outcome: ChangeOutcome = 'done';
    for (const addition of additions) if (!add(held, part, addition)) outcome = 'full';
    this.#touch(held);
    return outcome;
  }

  list(owner: string, { words, limit, before }: ListRequest): ListPage {
    const [startedMs, order] = (before ?? '').split('.').map(Number);
    const found = [...this.#held]
      .filter(
        ([, held]) =>
          held.owner === owner &&
          words.every((word) => textsOf(held).some(({ text }) => foldText(text).includes(word))),
      )
      .sort(([, a], [, b]) => b.startedMs - a.startedMs || b.order - a.order)
      .filter(
        ([, held]) =>
          before === undefined || held.startedMs < startedMs! || (held.startedMs === startedMs && held.order < order!),
      );
    const page = found.slice(0, limit);
    const last = page.at(-1)?.[1];
    return {
      transcripts: page.map(([id, held]) => ({
        ...headOf(id, held),
        sentences: held.sentences.size,
        ...hitIn(held, words),
      })),
      next: found.length > limit && last !== undefined ? `${last.startedMs}.${last.order}` : undefined,
    };
  }

  read(owner: string, transcript: string): StoredTranscript | undefined {
    const held = this.#of(owner, transcript);
    if (held === undefined) return undefined;
    const sentences = [...held.sentences.values()].sort(
      (a, b) => a.fromMs - b.fromMs || a.part - b.part || a.channel - b.channel || a.sentence - b.sentence,
    );
    return {
      ...headOf(transcript, held),
      language: held.language,
      speakers: { ...held.speakers },
      sentences: sentences.map(({ words: _, ...sentence }) => sentence),
      notes: [...held.notes.values()].sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1)),
      ...(held.summary === undefined ? {} : { summary: held.summary }),
    };
  }

  words(owner: string, transcript: string): ReadonlyMap<string, readonly WireWord[]> | undefined {
    const held = this.#of(owner, transcript);
    return held && new Map([...held.sentences].map(([name, { words }]) => [name, words]));
  }

  document(owner: string, transcript: string): Uint8Array | undefined {
    return renderTranscriptJson(this.read(owner, transcript));
  }

  export(owner: string, transcript: string, format: ExportFormat): ExportFile | undefined {
    return renderExport(format, this.read(owner, transcript), this.words(owner, transcript));
  }

  change(owner: string, transcript: string, { title, speakers }: TranscriptChange): ChangeOutcome {
    return this.#with(owner, transcript, (held) => {
      if (title !== undefined) held.title = title;
      if (speakers !== undefined) held.speakers = speakers;
      return 'done';
    });
  }

  mark(owner: string, transcript: string, name: string, { correction, highlight }: SentenceChange): ChangeOutcome {
    return this.#with(owner, transcript, (held) => {
      const sentence = held.sentences.get(name);
      if (sentence === undefined) return 'unknown';
      const { correction: before, ...rest } = sentence;
      const corrected = correction === undefined ? before : (correction ?? undefined);
      held.sentences.set(name, {
        ...rest,
        ...(corrected === undefined ? {} : { correction: corrected }),
        highlight: highlight ?? sentence.highlight,
      });
      return 'done';
    });
  }

  note(owner: string, transcript: string, id: string, { atMs, text }: NoteChange): ChangeOutcome {
    return this.#with(owner, transcript, (held) => {
      if (!held.notes.has(id) && held.notes.size >= LIMITS.notesMax) return 'full';
      held.notes.set(id, { id, atMs, text });
      return 'done';
    });
  }

  unnote(owner: string, transcript: string, id: string): ChangeOutcome {
    return this.#with(owner, transcript, (held) => (held.notes.delete(id) ? 'done' : 'unknown'));
  }

  summarise(owner: string, transcript: string, summary: Summary): ChangeOutcome {
    return this.#with(owner, transcript, (held) => {
      held.summary = summary;
      return 'done';
    });
  }

  remove(owner: string, transcript: string): ChangeOutcome {
    if (this.#of(owner, transcript) === undefined) return 'unknown';
    this.#held.delete(transcript);
    return 'done';
  }

  removeEmpty(owner: string, transcript: string): void {
    const held = this.#of(owner, transcript);
    if (held?.sentences.size === 0 && held.notes.size === 0) this.#held.delete(transcript);
  }

  changedOutside(beforeMs: number, afterMs: number): readonly LastModified[] {
    return [...this.#held].flatMap(([id, { changedMs }]) =>
      changedMs < beforeMs || changedMs > afterMs ? [{ id, changedMs }] : [],
    );
  }

  expire(old: readonly LastModified[]): number {
    const gone = old.filter(
      ({ id, changedMs }) => this.#held.get(id)?.changedMs === changedMs && this.#held.delete(id),
    );
    return gone.length;
  }

  setting(owner: string, name: string): string | undefined {
    return this.#settings.get(`${owner}\n${name}`);
  }

  set(owner: string, name: string, value: string | undefined): void {
    if (value === undefined) this.#settings.delete(`${owner}\n${name}`);
    else this.#settings.set(`${owner}\n${name}`, value);
  }

  #of(owner: string, transcript: string): Held | undefined {
    const held = this.#held.get(transcript);
    return held?.owner === owner ? held : undefined;
  }

  #with(owner: string, transcript: string, change: (held: Held) => ChangeOutcome): ChangeOutcome {
    const held = this.#of(owner, transcript);
    if (held === undefined) return 'unknown';
    this.#touch(held);
    return change(held);
  }

  #touch(held: Held): void {
    held.changedMs = this.#nowMs();
  }
}

/** False when there is no room for the sentence. */
function add(held: Held, part: number, addition: TranscriptAddition): boolean {
  if (addition.kind === 'audio') {
    const { audioMs } = held.parts[part - 1]!;
    held.parts[part - 1]!.audioMs = Math.max(audioMs, addition.audioMs);
    return true;
  }
  const { channel, sentence } = addition;
  const name = formatSentenceName({ part, channel, sentence });
  const known = held.sentences.get(name);
  if (addition.kind === 'final') {
    if (known !== undefined) return true;
    if (held.sentences.size >= LIMITS.sentencesMax) return false;
    const { text, words, language, fromMs, toMs } = addition;
    held.sentences.set(name, { part, channel, sentence, text, highlight: false, language, fromMs, toMs, words });
    held.language ||= language;
    const spoken = held.parts[part - 1]!;
    spoken.audioMs = Math.max(spoken.audioMs, toMs - spoken.atMs);
  } else if (addition.kind === 'cleaned' && known !== undefined) {
    held.sentences.set(name, { ...known, cleaned: addition.text });
  } else if (addition.kind === 'translated' && known !== undefined) {
    held.sentences.set(name, { ...known, translations: { ...known.translations, [addition.language]: addition.text } });
  }
  return true;
}

function durationOf({ parts }: Held): number {
  return Math.max(0, ...parts.map(({ atMs, audioMs }) => atMs + audioMs));
}

function headOf(id: string, held: Held) {
  const { title, startedMs } = held;
  return { id, title, startedAt: new Date(startedMs).toISOString(), durationMs: durationOf(held) };
}

/** Everything that is searched, in the order it is looked through. */
function textsOf({ title, sentences, notes }: Held): { text: string; found: { sentence?: string; note?: string } }[] {
  return [
    { text: title, found: {} },
    ...[...sentences.values()].flatMap((each) =>
      [getSentenceText(each), each.cleaned ?? '', each.text, ...Object.values(each.translations ?? {})].map((text) => ({
        text,
        found: { sentence: formatSentenceName(each) },
      })),
    ),
    ...[...notes.values()].map(({ id, text }) => ({ text, found: { note: id } })),
  ];
}

function hitIn(held: Held, words: readonly string[]) {
  if (words.length === 0) return {};
  const longest = [...words].sort((a, b) => b.length - a.length)[0]!;
  const texts = textsOf(held).map((each) => ({ ...each, folded: foldText(each.text) }));
  const hit =
    texts.find(({ folded }) => words.every((word) => folded.includes(word))) ??
    texts.find(({ folded }) => folded.includes(longest));
  return hit === undefined ? {} : { snippet: findSnippet(hit.text, words) ?? hit.text, found: hit.found };
}
