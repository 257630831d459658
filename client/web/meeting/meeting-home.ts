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
const TYPING_MS = 200;
const SNIPPET_CHARS = 60;

/** The list of past meetings, on the server and in this browser: search, open, delete. */
export class MeetingHome {
  readonly #parts: MeetingHomeParts;
  readonly #notebook: MeetingDatabase;
  readonly #messages: Messages;
  readonly #keeps: () => boolean;
  #entries: PastMeeting[] = [];
  #next: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Number of the newest search; results of older ones are ignored. */
  #asked = 0;

  constructor(parts: MeetingHomeParts, notebook: MeetingDatabase, messages: Messages, keeps: () => boolean) {
    this.#parts = parts;
    this.#notebook = notebook;
    this.#messages = messages;
    this.#keeps = keeps;
    parts.search.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.show(), TYPING_MS);
    });
    parts.more.addEventListener('click', () => void this.#older());
  }

  async show(): Promise<void> {
    const asked = ++this.#asked;
    const query = this.#parts.search.value.trim();
    const [here, there] = await Promise.all([this.#here(query), this.#there(query)]);
    if (asked !== this.#asked) return;
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

  async #older(): Promise<void> {
    const query = this.#parts.search.value.trim();
    this.#entries.push(...(await this.#there(query, this.#next)));
    this.#draw(query);
  }

  async #there(query: string, before?: string): Promise<PastMeeting[]> {
    this.#next = undefined;
    if (!this.#keeps()) return [];
    try {
      const page = await serverTranscripts.list({ query, before, limit: 50 });
      this.#next = page.next;
      await this.#letGo(page.transcripts);
      return page.transcripts.map(({ id, ...rest }) => ({ ...rest, name: id, where: 'server' }));
    } catch (error) {
      const advice = error instanceof Error ? error.message : String(error);
      this.#messages.problem({ title: 'The meetings on the server cannot be listed.', advice });
      return [];
    }
  }

  /** Deletes from the browser what the server has stored completely. */
  async #letGo(kept: readonly { readonly id: string; readonly sentences: number }[]): Promise<void> {
    const counts = new Map(kept.map(({ id, sentences }) => [id, sentences]));
    for (const { id, transcript = '', unsent, count } of await this.#notebook.heads()) {
      const whole = (counts.get(transcript) ?? -1) >= count && unsent.length === 0;
      if (whole && (await this.#notebook.live(id)) === undefined && (await this.#notebook.audio(id)).length === 0)
        await this.#notebook.remove(id);
    }
  }

  /** Meetings stored in this browser that match the query. */
  async #here(query: string): Promise<PastMeeting[]> {
    const entries: PastMeeting[] = [];
    for (const head of await this.#notebook.heads()) {
      const found = await this.#find(head, query);
      if (found !== undefined) entries.push(found);
    }
    return entries;
  }

  async #find(head: MeetingHeader, query: string): Promise<PastMeeting | undefined> {
    const meeting = await this.#notebook.read(head.id);
    if (meeting === undefined || (head.count === 0 && head.notes.length === 0)) return undefined;
    const entry: PastMeeting = {
      name: head.transcript ?? head.id,
      ...{ title: head.title, startedAt: head.startedAt, durationMs: getDuration(meeting), sentences: head.count },
      where: 'browser',
    };
    if (query === '') return entry;
    const words = folded(query).split(/\s+/);
    const texts = [head.title, ...meeting.sentences.flatMap((said) => [getDisplayedText(said), said.text])];
    texts.push(...head.notes.map(({ text }) => text));
    const whole = texts.map(folded);
    if (!words.every((word) => whole.some((text) => text.includes(word)))) return undefined;
    const best = whole.findIndex((text) => text.includes(words[0]!));
    return { ...entry, snippet: around(texts[best]!, whole[best]!.indexOf(words[0]!)) };
  }

  async #remove(entry: PastMeeting): Promise<void> {
    const { remove, removeWhat } = this.#parts;
    removeWhat.textContent = `“${entry.title}” and its notes will be deleted, here and on the server. This cannot be undone.`;
    if (!(await confirmInDialog(remove))) return;
    try {
      if (entry.where === 'server') await serverTranscripts.delete(entry.name);
      for (const head of await this.#notebook.heads()) {
        if (head.id === entry.name || head.transcript === entry.name) await this.#notebook.remove(head.id);
      }
      this.#messages.remark('Deleted.');
    } catch (error) {
      const advice = error instanceof Error ? error.message : String(error);
      this.#messages.problem({ title: 'The meeting was not deleted.', advice });
    }
    await this.show();
    this.#parts.search.focus();
  }
}

const folded = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

function around(text: string, at: number): string {
  const from = Math.max(0, at - SNIPPET_CHARS);
  const to = Math.min(text.length, at + SNIPPET_CHARS);
  return `${from > 0 ? '…' : ''}${text.slice(from, to)}${to < text.length ? '…' : ''}`;
}

/** Opens a dialog. Resolves with true when it was closed by its button of the value `yes`. */
export function confirmInDialog(dialog: HTMLDialogElement): Promise<boolean> {
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}
