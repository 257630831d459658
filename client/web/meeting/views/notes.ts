import { createButton, createElement, getDescendant, setText } from '../../ui/dom.ts';
import { formatElapsed } from '../../ui/format-elapsed.ts';
import { getDisplayedText, getSpeakerName, type Meeting, type MeetingNote } from '../meeting-state.ts';
import { findSentenceAt } from '../note-links.ts';

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
    const goToSentence = (): void => {
      const { key } = time.dataset;
      if (key !== undefined) this.#events.jump(key);
    };
    const time = createButton('', goToSentence, { className: 'time-button' });
    const text = createElement('textarea', { rows: 1 });
    text.addEventListener('input', () => fitHeight(text));
    text.addEventListener('change', () => {
      const value = text.value.trim();
      if (value !== '') this.#events.save({ id: note.id, atMs: note.atMs, text: value });
      else this.#events.remove({ ...note, text: text.defaultValue });
    });
    const quote = createElement('p', { className: 'quote' });
    const remove = createButton('×', () => this.#events.remove({ ...note, text: text.value }), {
      className: 'icon-button small',
      attributes: { 'aria-label': `Delete the note at ${formatElapsed(note.atMs)}` },
    });
    const item = createElement('li', { className: 'note-item' }, time, text, remove, quote);
    this.#items.set(note.id, item);
    return item;
  }
}

function fillItem(item: HTMLElement, note: MeetingNote, meeting: Meeting): void {
  const sentence = findSentenceAt(meeting.sentences, note.atMs);
  const time = getDescendant(item, '.time-button', HTMLButtonElement);
  time.textContent = formatElapsed(note.atMs);
  time.disabled = sentence === undefined;
  time.setAttribute('aria-label', `To what was said at ${formatElapsed(note.atMs)}`);
  if (sentence !== undefined) time.dataset['key'] = sentence.key;
  const text = getDescendant(item, 'textarea', HTMLTextAreaElement);
  text.setAttribute('aria-label', `Note at ${formatElapsed(note.atMs)}`);
  if (document.activeElement !== text && text.value !== note.text) {
    text.value = note.text;
    text.defaultValue = note.text;
    queueMicrotask(() => fitHeight(text));
  }
  const quote =
    sentence === undefined ? '' : `${getSpeakerName(meeting, sentence.channel)}: ${getDisplayedText(sentence)}`;
  const short = quote.length > QUOTE_CHARS_MAX ? `${quote.slice(0, QUOTE_CHARS_MAX)}…` : quote;
  setText(getDescendant(item, '.quote'), short);
}

/** Makes a field as high as its text, in browsers without `field-sizing`. */
function fitHeight(text: HTMLTextAreaElement): void {
  if (CSS.supports('field-sizing', 'content')) return;
  text.rows = Math.max(1, Math.min(12, text.value.split('\n').length));
  if (text.scrollHeight > text.clientHeight + 4 && text.rows < 12) text.rows++;
}
