import { findSentence, type Meeting, type MeetingAction } from './meeting-state.ts';

/** One change to send to the server. Sending it twice does no harm. */
export type Delivery =
  | { readonly what: 'head'; readonly title: string; readonly speakers: Readonly<Record<string, string>> }
  | { readonly what: 'said'; readonly key: string; readonly correction: string | null; readonly highlight: boolean }
  | { readonly what: 'note'; readonly id: string; readonly atMs: number; readonly text: string }
  | { readonly what: 'gone'; readonly id: string };

/**
 * Changes that the server does not know yet, by name. Only the latest state is sent, however often it changed in between. The
 * names are stored with the meeting and survive a reload.
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

  /** Records what an action changed. */
  record(action: MeetingAction): void {
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

  /** The change to send for a name now; undefined when what it concerns no longer exists. */
  toDelivery(name: string): Delivery | undefined {
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

  /** The server has received the change. Returns false when it was superseded while it was being sent. */
  confirm(name: string, parcel: Delivery | undefined): boolean {
    if (JSON.stringify(this.toDelivery(name)) !== JSON.stringify(parcel)) return false;
    this.#names.delete(name);
    this.#changed();
    return true;
  }

  /** Records everything in the meeting as changed, for a server that does not know it yet. */
  recordAll(): void {
    const { notes, sentences } = this.#meeting();
    this.#names.add('head');
    for (const { id } of notes) this.#names.add(`note:${id}`);
    for (const { key, correction, highlight } of sentences) {
      if (highlight || correction !== undefined) this.#names.add(`said:${key}`);
    }
  }
}
