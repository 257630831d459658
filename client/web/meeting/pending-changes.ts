import { findSentence, type Meeting, type MeetingAction } from './meeting-state.ts';

/** One thing the server is to be told; each may be said twice without harm. */
export type Delivery =
  | { readonly what: 'head'; readonly title: string; readonly speakers: Readonly<Record<string, string>> }
  | { readonly what: 'said'; readonly key: string; readonly correction: string | null; readonly highlight: boolean }
  | { readonly what: 'note'; readonly id: string; readonly atMs: number; readonly text: string }
  | { readonly what: 'gone'; readonly id: string };

/**
 * What the reader did and the server does not know yet, by name: the last state of a thing is sent, however often it was
 * changed in between. Survives a reload with the meeting.
 */
export class PendingChanges {
  readonly #meeting: () => Meeting;
  readonly #changed: () => void;
  readonly #names: Set<string>;

  constructor(meeting: () => Meeting, unsent: readonly string[], changed: () => void) {
    this.#meeting = meeting;
    this.#changed = changed;
    this.#names = new Set(unsent);
  }

  get unsent(): readonly string[] {
    return [...this.#names];
  }

  /** Notes what an action gives the server to know. */
  note(action: MeetingAction): void {
    switch (action.type) {
      case 'titled':
      case 'named':
        this.#names.add('head');
        break;
      case 'corrected':
      case 'highlighted':
        this.#names.add(`said:${action.key}`);
        break;
      case 'noted':
        this.#names.add(`note:${action.note.id}`);
        this.#names.delete(`gone:${action.note.id}`);
        break;
      case 'unnoted':
        this.#names.delete(`note:${action.id}`);
        this.#names.add(`gone:${action.id}`);
        break;
      case 'heard':
      case 'cut':
      case 'began':
      case 'agreed':
      case 'summarised':
        break;
    }
  }

  /** What to send under a name now; undefined when it no longer exists. */
  parcel(name: string): Delivery | undefined {
    const meeting = this.#meeting();
    const id = name.slice(name.indexOf(':') + 1);
    if (name === 'head') return { what: 'head', title: meeting.title, speakers: meeting.speakers };
    if (name.startsWith('gone:')) return { what: 'gone', id };
    if (name.startsWith('note:')) {
      const note = meeting.notes.find((other) => other.id === id);
      return note && { what: 'note', ...note };
    }
    const said = findSentence(meeting, id);
    return said && { what: 'said', key: id, correction: said.correction ?? null, highlight: said.highlight };
  }

  /** The server knows; false when the thing was changed again while it was told. */
  sent(name: string, parcel: Delivery | undefined): boolean {
    if (JSON.stringify(this.parcel(name)) !== JSON.stringify(parcel)) return false;
    this.#names.delete(name);
    this.#changed();
    return true;
  }

  /** Everything the meeting has, for a server that is told of it for the first time. */
  everything(): void {
    const { notes, sentences } = this.#meeting();
    this.#names.add('head');
    for (const { id } of notes) this.#names.add(`note:${id}`);
    for (const { key, correction, highlight } of sentences) {
      if (highlight || correction !== undefined) this.#names.add(`said:${key}`);
    }
  }
}
