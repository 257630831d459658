import { formatElapsed } from '../../ui/format-elapsed.ts';
import { getDisplayedText, getSpeakerName, type Meeting, type MeetingNote } from '../meeting-state.ts';
import { findSentenceAt } from '../note-links.ts';
import { createElement } from './conversation-view.ts';

export interface NotesCallbacks {
  save(note: MeetingNote): void;
  remove(note: MeetingNote): void;
  /** Goes to the sentence that a note belongs to. */
  jump(key: string): void;
  /** The moment of a note that is begun now, ms. */
  nowMs(): number;
}

interface Parts {
  readonly list: HTMLElement;
  readonly none: HTMLElement;
  readonly form: HTMLFormElement;
  readonly text: HTMLTextAreaElement;
  readonly moment: HTMLElement;
}

const QUOTE_CHARS_MAX = 90;

/** The user's notes, by moment, and a field for the next one. A note has the moment at which it was begun. */
export class NotesView {
  readonly #parts: Parts;
  readonly #events: NotesCallbacks;
  readonly #items = new Map<string, HTMLElement>();
  readonly #helpText: string;
  #atMs: number | undefined;

  constructor(parts: Parts, events: NotesCallbacks) {
    this.#parts = parts;
    this.#events = events;
    this.#helpText = parts.moment.textContent ?? '';
    parts.text.addEventListener('input', () => this.#handleInput());
    parts.text.addEventListener('keydown', (event) => {
      // An input method needs Enter to choose a word.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#addNote();
    });
    parts.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#addNote();
    });
  }

  write(): void {
    this.#parts.text.focus();
  }

  show(meeting: Meeting): void {
    this.#parts.none.hidden = meeting.notes.length > 0;
    const ids = new Set(meeting.notes.map(({ id }) => id));
    for (const [id, item] of this.#items) {
      if (ids.has(id)) continue;
      item.remove();
      this.#items.delete(id);
    }
    meeting.notes.forEach((note, i) => {
      const item = this.#items.get(note.id) ?? this.#build(note);
      fillItem(item, note, meeting);
      if (this.#parts.list.children[i] !== item)
        this.#parts.list.insertBefore(item, this.#parts.list.children[i] ?? null);
    });
  }

  focusNote(id: string): void {
    const item = this.#items.get(id);
    item?.scrollIntoView({ block: 'nearest' });
    item?.querySelector('textarea')?.focus({ preventScroll: true });
  }

  #handleInput(): void {
    const { text, moment } = this.#parts;
    fitHeight(text);
    if (text.value.trim() === '') this.#atMs = undefined;
    else this.#atMs ??= Math.round(this.#events.nowMs());
    moment.textContent =
      this.#atMs === undefined ? this.#helpText : `At ${formatElapsed(this.#atMs)}. Press Enter to add.`;
  }

  #addNote(): void {
    const text = this.#parts.text.value.trim();
    if (text === '') return;
    this.#events.save({ id: crypto.randomUUID(), atMs: this.#atMs ?? Math.round(this.#events.nowMs()), text });
    this.#parts.text.value = '';
    this.#handleInput();
    this.#parts.list.lastElementChild?.scrollIntoView({ block: 'nearest' });
  }

  #build(note: MeetingNote): HTMLElement {
    const item = createElement('li', 'note-item');
    const time = createElement('button', 'moment') as HTMLButtonElement;
    time.type = 'button';
    time.addEventListener('click', () => {
      const { key } = time.dataset;
      if (key !== undefined) this.#events.jump(key);
    });
    const text = document.createElement('textarea');
    text.rows = 1;
    text.addEventListener('input', () => fitHeight(text));
    text.addEventListener('change', () => {
      const value = text.value.trim();
      if (value !== '') this.#events.save({ id: note.id, atMs: note.atMs, text: value });
      else this.#events.remove({ ...note, text: text.defaultValue });
    });
    const quote = createElement('p', 'quote');
    const remove = createElement('button', 'quiet small') as HTMLButtonElement;
    remove.type = 'button';
    remove.textContent = '×';
    remove.setAttribute('aria-label', `Delete the note at ${formatElapsed(note.atMs)}`);
    remove.addEventListener('click', () => this.#events.remove({ ...note, text: text.value }));
    item.append(time, text, remove, quote);
    this.#items.set(note.id, item);
    return item;
  }
}

function fillItem(item: HTMLElement, note: MeetingNote, meeting: Meeting): void {
  const said = findSentenceAt(meeting.sentences, note.atMs);
  const time = item.querySelector<HTMLButtonElement>('.moment')!;
  time.textContent = formatElapsed(note.atMs);
  time.disabled = said === undefined;
  time.setAttribute('aria-label', `To what was said at ${formatElapsed(note.atMs)}`);
  if (said !== undefined) time.dataset['key'] = said.key;
  const text = item.querySelector('textarea')!;
  text.setAttribute('aria-label', `Note at ${formatElapsed(note.atMs)}`);
  if (document.activeElement !== text && text.value !== note.text) {
    text.value = note.text;
    text.defaultValue = note.text;
    queueMicrotask(() => fitHeight(text));
  }
  const quote = item.querySelector<HTMLElement>('.quote')!;
  const words = said === undefined ? '' : `${getSpeakerName(meeting, said.channel)}: ${getDisplayedText(said)}`;
  const short = words.length > QUOTE_CHARS_MAX ? `${words.slice(0, QUOTE_CHARS_MAX)}…` : words;
  if (quote.textContent !== short) quote.textContent = short;
}

/** Makes a field as high as its text, in browsers without `field-sizing`. */
function fitHeight(text: HTMLTextAreaElement): void {
  if (CSS.supports('field-sizing', 'content')) return;
  text.rows = Math.max(1, Math.min(12, text.value.split('\n').length));
  if (text.scrollHeight > text.clientHeight + 4 && text.rows < 12) text.rows++;
}
