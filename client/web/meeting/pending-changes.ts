import { findSentence, type Meeting, type MeetingAction } from './meeting-state.ts';

/** One change to send to the server. Sending it twice does no harm. */
export type TranscriptChange =
  | { readonly kind: 'details'; readonly title: string; readonly speakers: Readonly<Record<string, string>> }
  | { readonly kind: 'sentence'; readonly key: string; readonly correction: string | null; readonly highlight: boolean }
  | { readonly kind: 'note'; readonly id: string; readonly atMs: number; readonly text: string }
  | { readonly kind: 'noteDeletion'; readonly id: string };

/** Browsers still store changes that version 0.1.0 named `head`, `said:KEY` and `gone:ID`. */
const toCurrentName = (name: string): string =>
  name === 'head' ? 'details' : name.replace(/^said:/, 'sentence:').replace(/^gone:/, 'noteDeletion:');

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
    this.#names = new Set(unsent.map(toCurrentName));
  }

  get unsent(): readonly string[] {
    return [...this.#names];
  }

  /** Records what an action changed. */
  record(action: MeetingAction): void {
    switch (action.type) {
      case 'titleChanged':
      case 'speakerRenamed':
        this.#names.add('details');
        break;
      case 'sentenceCorrected':
      case 'sentenceHighlighted':
        this.#names.add(`sentence:${action.key}`);
        break;
      case 'noteSaved':
        this.#names.add(`note:${action.note.id}`);
        this.#names.delete(`noteDeletion:${action.note.id}`);
        break;
      case 'noteDeleted':
        this.#names.delete(`note:${action.id}`);
        this.#names.add(`noteDeletion:${action.id}`);
        break;
      case 'eventReceived':
      case 'sessionLost':
      case 'sessionStarted':
      case 'consentGiven':
      case 'summaryReceived':
        break;
    }
  }

  /** The change to send for a name now; undefined when what it concerns no longer exists. */
  toChange(name: string): TranscriptChange | undefined {
    const meeting = this.#meeting();
    const id = name.slice(name.indexOf(':') + 1);
    if (name === 'details') return { kind: 'details', title: meeting.title, speakers: meeting.speakers };
    if (name.startsWith('noteDeletion:')) return { kind: 'noteDeletion', id };
    if (name.startsWith('note:')) {
      const note = meeting.notes.find((other) => other.id === id);
      return note && { kind: 'note', ...note };
    }
    const sentence = findSentence(meeting, id);
    return (
      sentence && { kind: 'sentence', key: id, correction: sentence.correction ?? null, highlight: sentence.highlight }
    );
  }

  /** The server has received the change. Returns false when it was superseded while it was being sent. */
  confirm(name: string, change: TranscriptChange | undefined): boolean {
    if (JSON.stringify(this.toChange(name)) !== JSON.stringify(change)) return false;
    this.#names.delete(name);
    this.#changed();
    return true;
  }

  /** Records everything in the meeting as changed, for a server that does not know it yet. */
  recordAll(): void {
    const { notes, sentences } = this.#meeting();
    this.#names.add('details');
    for (const { id } of notes) this.#names.add(`note:${id}`);
    for (const { key, correction, highlight } of sentences) {
      if (highlight || correction !== undefined) this.#names.add(`sentence:${key}`);
    }
  }
}
