import { confirmDialog } from '../ui/dom.ts';
import type { Messages } from '../ui/messages.ts';
import type { MeetingDatabase, MeetingHeader } from './meeting-database.ts';
import { getDisplayedText, getDuration } from './meeting-state.ts';
import { serverTranscripts } from './server-transcripts.ts';
import { type PastMeeting, renderPastMeetings } from './views/past-meetings.ts';

export interface MeetingHomeParts {
  readonly list: HTMLElement;
  readonly none: HTMLElement;
  readonly more: HTMLButtonElement;
  readonly search: HTMLInputElement;
  readonly remove: HTMLDialogElement;
  readonly removeWhat: HTMLElement;
}

/** Pause in typing before a search begins, ms. */
const TYPING_PAUSE_MS = 200;
const SNIPPET_CHARS = 60;

/** The list of past meetings, on the server and in this browser: search, open, delete. */
export class MeetingHome {
  readonly #parts: MeetingHomeParts;
  readonly #database: MeetingDatabase;
  readonly #messages: Messages;
  readonly #isStoring: () => boolean;
  #entries: PastMeeting[] = [];
  #next: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Number of the newest search; results of older ones are ignored. */
  #search = 0;

  constructor(parts: MeetingHomeParts, database: MeetingDatabase, messages: Messages, isStoring: () => boolean) {
    this.#parts = parts;
    this.#database = database;
    this.#messages = messages;
    this.#isStoring = isStoring;
    parts.search.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.show(), TYPING_PAUSE_MS);
    });
    parts.more.addEventListener('click', () => void this.#showOlder());
  }

  async show(): Promise<void> {
    const search = ++this.#search;
    const query = this.#parts.search.value.trim();
    const [here, there] = await Promise.all([this.#listBrowser(query), this.#listServer(query)]);
    if (search !== this.#search) return;
    const known = new Set(there.map(({ name }) => name));
    this.#entries = [...there, ...here.filter(({ name }) => !known.has(name))].sort((a, b) =>
      a.startedAt < b.startedAt ? 1 : -1,
    );
    this.#draw(query);
  }

  #draw(query: string): void {
    const { list, none, more } = this.#parts;
    renderPastMeetings(list, this.#entries, { remove: (entry) => void this.#remove(entry) });
    more.hidden = this.#next === undefined;
    none.hidden = this.#entries.length > 0;
    none.textContent = query === '' ? 'No meetings yet.' : `No meeting contains “${query}”.`;
  }

  async #showOlder(): Promise<void> {
    const query = this.#parts.search.value.trim();
    this.#entries.push(...(await this.#listServer(query, this.#next)));
    this.#draw(query);
  }

  async #listServer(query: string, before?: string): Promise<PastMeeting[]> {
    this.#next = undefined;
    if (!this.#isStoring()) return [];
    try {
      const page = await serverTranscripts.list({ query, before, limit: 50 });
      this.#next = page.next;
      this.#messages.clearProblem('list');
      await this.#deleteStored(page.transcripts);
      return page.transcripts.map(({ id, ...rest }) => ({ ...rest, name: id, where: 'server' }));
    } catch (error) {
      const advice = error instanceof Error ? error.message : String(error);
      this.#messages.showProblem({ title: 'The meetings on the server cannot be listed.', advice, topic: 'list' });
      return [];
    }
  }

  /** Deletes from the browser what the server has stored completely. */
  async #deleteStored(kept: readonly { readonly id: string; readonly sentences: number }[]): Promise<void> {
    const counts = new Map(kept.map(({ id, sentences }) => [id, sentences]));
    for (const { id, transcript = '', unsent, count } of await this.#database.heads()) {
      const whole = (counts.get(transcript) ?? -1) >= count && unsent.length === 0;
      if (whole && (await this.#database.live(id)) === undefined && (await this.#database.audio(id)).length === 0)
        await this.#database.remove(id);
    }
  }

  /** Meetings stored in this browser that match the query. */
  async #listBrowser(query: string): Promise<PastMeeting[]> {
    const entries: PastMeeting[] = [];
    for (const head of await this.#database.heads()) {
      const found = await this.#match(head, query);
      if (found !== undefined) entries.push(found);
    }
    return entries;
  }

  async #match(head: MeetingHeader, query: string): Promise<PastMeeting | undefined> {
    const meeting = await this.#database.read(head.id);
    if (meeting === undefined || (head.count === 0 && head.notes.length === 0)) return undefined;
    const entry: PastMeeting = {
      name: head.transcript ?? head.id,
      ...{ title: head.title, startedAt: head.startedAt, durationMs: getDuration(meeting), sentences: head.count },
      where: 'browser',
    };
    if (query === '') return entry;
    const words = foldText(query).split(/\s+/);
    const texts = [
      head.title,
      ...meeting.sentences.flatMap((sentence) => [getDisplayedText(sentence), sentence.revised ?? '', sentence.text]),
    ];
    texts.push(...head.notes.map(({ text }) => text));
    const whole = texts.map(foldText);
    if (!words.every((word) => whole.some((text) => text.includes(word)))) return undefined;
    const best = whole.findIndex((text) => text.includes(words[0]!));
    return { ...entry, snippet: cutSnippet(texts[best]!, whole[best]!.indexOf(words[0]!)) };
  }

  async #remove(entry: PastMeeting): Promise<void> {
    const { remove, removeWhat } = this.#parts;
    removeWhat.textContent = `“${entry.title}” and its notes will be deleted, here and on the server. This cannot be undone.`;
    if (!(await confirmDialog(remove))) return;
    try {
      if (entry.where === 'server') await serverTranscripts.delete(entry.name);
      for (const head of await this.#database.heads()) {
        if (head.id === entry.name || head.transcript === entry.name) await this.#database.remove(head.id);
      }
      this.#messages.showToast('Deleted.');
    } catch (error) {
      const advice = error instanceof Error ? error.message : String(error);
      this.#messages.showProblem({ title: 'The meeting was not deleted.', advice });
    }
    await this.show();
    this.#parts.search.focus();
  }
}

const foldText = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

function cutSnippet(text: string, at: number): string {
  const from = Math.max(0, at - SNIPPET_CHARS);
  const to = Math.min(text.length, at + SNIPPET_CHARS);
  return `${from > 0 ? '…' : ''}${text.slice(from, to)}${to < text.length ? '…' : ''}`;
}
