import { toPrintable } from '../../../protocol/printable.ts';
import { copyText } from '../ui/clipboard.ts';
import { confirmDialog, getElement } from '../ui/dom.ts';
import type { Messages } from '../ui/messages.ts';
import { ScreenWakeLock } from '../ui/screen-wake-lock.ts';
import { ChangeSender } from './change-sender.ts';
import type { LiveRecord, MeetingDatabase } from './meeting-database.ts';
import {
  findSentence,
  getDisplayedText,
  getSpeakerName,
  type Meeting,
  type MeetingAction,
  type SpokenSentence,
} from './meeting-state.ts';
import { MeetingStore } from './meeting-store.ts';
import { findSentenceAt, groupNotesBySentence } from './note-links.ts';
import type { RecorderState } from './recorder.ts';
import { Recording, type RecordingCallbacks, type RecordingOptions } from './recording.ts';
import { sendChange } from './server-transcripts.ts';
import type { SourceName } from './sources.ts';
import { ConversationView } from './views/conversation-view.ts';
import { NotesView } from './views/notes.ts';
import { RecordingControls } from './views/recording-controls.ts';
import { SentenceActions } from './views/sentence-actions.ts';
import { SmallWindow } from './views/small-window.ts';
import type { SummaryPanel } from './views/summary-panel.ts';

/** One meeting on the page: passes what the user does to the store, and shows how the meeting changes. */
export class MeetingView {
  readonly #messages: Messages;
  readonly #conversation: ConversationView;
  readonly #actions: SentenceActions;
  readonly #notes: NotesView;
  readonly #summary: SummaryPanel;
  readonly #smallWindow = new SmallWindow();
  readonly #wakeLock = new ScreenWakeLock();
  readonly #controls = new RecordingControls();
  readonly #database: MeetingDatabase;
  readonly #options: RecordingOptions;
  readonly #changeSender: ChangeSender;
  #store: MeetingStore | undefined;
  #recording: Recording | undefined;
  #stateText = 'Ready';
  /** The server has refused changes. */
  #isRefused = false;

  constructor(messages: Messages, database: MeetingDatabase, options: RecordingOptions, summary: SummaryPanel) {
    this.#messages = messages;
    this.#database = database;
    this.#options = options;
    this.#summary = summary;
    this.#changeSender = new ChangeSender({
      sendChange: sendChange,
      pending: () => this.#store!.pending,
      transcript: () => this.#store?.meeting.transcript,
      refused: (error) => this.#showRefusal(error),
    });
    const parts = {
      scroll: getElement('scroll'),
      log: getElement('log'),
      open: getElement('open'),
      jump: getElement('jump', HTMLButtonElement),
    };
    this.#conversation = new ConversationView(parts, {
      rename: (channel) => void this.#rename(channel),
      original: (key) => {
        const sentence = this.meeting && findSentence(this.meeting, key);
        if (sentence !== undefined) this.#conversation.toggleOriginal(sentence);
      },
      note: (id) => {
        this.showPanel('notes');
        this.#notes.focusNote(id);
      },
      current: (key) => this.#actions.showAt(key === undefined ? undefined : this.#conversation.row(key)),
    });
    this.#actions = new SentenceActions(parts.scroll, (name) => this.#runAction(name));
    this.#notes = new NotesView(
      {
        ...{
          list: getElement('notes'),
          none: getElement('no-notes'),
          form: getElement('note-form', HTMLFormElement),
        },
        ...{ text: getElement('note-text', HTMLTextAreaElement), moment: getElement('note-moment') },
      },
      {
        save: (note) => this.#store?.act({ type: 'noteSaved', note }),
        remove: (note) => {
          this.#store?.act({ type: 'noteDeleted', id: note.id });
          this.#messages.showToast('The note is deleted.', {
            label: 'Undo',
            run: () => this.#store?.act({ type: 'noteSaved', note }),
          });
        },
        jump: (key) => this.#conversation.focusSentence(key),
        nowMs: () => this.#momentMs(),
      },
    );
  }

  get meeting(): Meeting | undefined {
    return this.#store?.meeting;
  }

  /** Whether the server has received every change. */
  get isSavedOnServer(): boolean {
    return (
      this.#store !== undefined && this.meeting?.transcript !== undefined && this.#store.pending.unsent.length === 0
    );
  }

  get isRecording(): boolean {
    return this.#recording !== undefined && (this.#recording.isOn || this.#recording.state === 'finishing');
  }

  /** Shows a meeting. `unsent` names the changes that the server has not received yet. */
  async open(meeting: Meeting, unsent: readonly string[] = []): Promise<void> {
    const store = new MeetingStore(
      meeting,
      this.#database,
      {
        changed: (now, before, action) => this.#changed(now, before, action),
        failed: () => this.#messages.showToast('This browser has no space left to save the meeting.'),
      },
      unsent,
    );
    this.#store = store;
    this.#recording = new Recording(store, this.#database, this.#recordingCallbacks(), this.#options);
    this.#showAll(store.meeting);
    this.#showState('idle', 'Ready');
    getElement('record', HTMLButtonElement).disabled = false;
    void this.#changeSender.send();
  }

  /** Replaces the meeting by another version, such as the server's. */
  replaceMeeting(meeting: Meeting): void {
    this.#store?.adopt(meeting);
    if (this.#store !== undefined) this.#showAll(this.#store.meeting);
  }

  /** Continues a recording that a reload or a crash interrupted. */
  async continueRecording(goToEnd: LiveRecord): Promise<void> {
    const how = await this.#recording!.continueRecording(goToEnd);
    if (how === 'elsewhere') this.#messages.showToast('This meeting is being recorded in another tab.');
    if (how !== 'interrupted') return;
    this.#messages.showProblem({
      title: 'The recording was interrupted.',
      advice: 'Everything up to that point is saved. Press Start to continue.',
    });
  }

  async record(): Promise<void> {
    const recording = this.#recording;
    if (recording === undefined || recording.state === 'finishing') return;
    if (recording.isOn) return recording.stop();
    if (this.meeting?.consentAt === undefined) {
      if (!(await confirmDialog(getElement('consent', HTMLDialogElement)))) return;
      this.#store!.act({ type: 'consentGiven', at: new Date().toISOString() });
    }
    this.#messages.clearProblem();
    await recording.start();
  }

  pause(): void {
    this.#recording?.pause();
  }

  mute(): void {
    if (this.#recording === undefined) return;
    this.#messages.showToast(this.#recording.mute() ? 'Your microphone is muted.' : 'Your microphone is on.');
  }

  async toggle(side: SourceName): Promise<void> {
    await this.#recording?.toggle(side);
  }

  async microphoneChanged(): Promise<void> {
    await this.#recording?.microphoneChanged();
  }

  keepRecording(): void {
    this.#recording?.keepRecording();
  }

  /** Toggles the highlight of the focused sentence, or of the last one. */
  highlight(): void {
    const sentence = this.#currentSentence();
    if (sentence === undefined) return this.#messages.showToast('Nothing has been said yet.');
    this.#store!.act({ type: 'sentenceHighlighted', key: sentence.key, highlight: !sentence.highlight });
    this.#messages.showToast(
      sentence.highlight ? 'No longer highlighted.' : `Highlighted: ${getDisplayedText(sentence).slice(0, 60)}`,
    );
  }

  note(): void {
    this.showPanel('notes');
    this.#notes.write();
  }

  async correct(): Promise<void> {
    const sentence = this.#currentSentence();
    if (sentence === undefined) return;
    const text = getElement('correct-text', HTMLTextAreaElement);
    text.value = getDisplayedText(sentence);
    getElement('correct-original').textContent = sentence.text;
    const back = getElement('correct-restore', HTMLButtonElement);
    back.hidden = sentence.correction === undefined;
    const dialog = getElement('correct', HTMLDialogElement);
    back.onclick = () => {
      this.#store!.act({ type: 'sentenceCorrected', key: sentence.key, correction: undefined });
      dialog.close('no');
    };
    if (await confirmDialog(dialog))
      this.#store!.act({ type: 'sentenceCorrected', key: sentence.key, correction: text.value });
    this.#conversation.row(sentence.key)?.focus({ preventScroll: true });
  }

  toggleOriginal(): void {
    const sentence = this.#currentSentence();
    if (sentence !== undefined) this.#conversation.toggleOriginal(sentence);
  }

  moveFocus(by: number): void {
    this.#conversation.moveFocus(by);
  }

  live(): void {
    this.#conversation.followEnd();
  }

  async toggleSmallWindow(): Promise<void> {
    if (this.#smallWindow.isOpen) return this.#smallWindow.close();
    if (!(await this.#smallWindow.open())) return this.#messages.showToast('The browser did not allow a window.');
    if (this.meeting !== undefined) this.#smallWindow.show(this.meeting, this.#stateText);
  }

  rename(title: string): void {
    this.#store?.act({ type: 'titleChanged', title });
  }

  goToSentence(key: string): void {
    this.#conversation.focusSentence(key);
  }

  applySummary(action: Extract<MeetingAction, { type: 'summaryReceived' }>): void {
    this.#store?.act(action);
  }

  showPanel(name: 'notes' | 'summary'): void {
    for (const other of ['notes', 'summary'] as const) {
      const tab = getElement(`tab-${other}`);
      tab.setAttribute('aria-selected', String(other === name));
      tab.tabIndex = other === name ? 0 : -1;
      getElement(`panel-${other}`).hidden = other !== name;
    }
  }

  themeChanged(): void {
    this.#controls.redraw();
  }

  /** The moment of a note that is begun now: the present while recording, otherwise that of the sentence read last. */
  #momentMs(): number {
    const recording = this.#recording!;
    if (recording.isOn) return recording.nowMs;
    return this.#currentSentence()?.fromMs ?? recording.nowMs;
  }

  #currentSentence(): SpokenSentence | undefined {
    const { current } = this.#conversation;
    const { meeting } = this;
    if (meeting === undefined) return undefined;
    return (current === undefined ? undefined : findSentence(meeting, current)) ?? meeting.sentences.at(-1);
  }

  #runAction(name: string): void {
    if (name === 'highlight') this.highlight();
    else if (name === 'correct') void this.correct();
    else if (name === 'original') this.toggleOriginal();
    else {
      const sentence = this.#currentSentence();
      if (sentence !== undefined)
        void copyText(getDisplayedText(sentence)).then((done) =>
          this.#messages.showToast(done ? 'Copied.' : 'The browser did not allow copying.'),
        );
    }
  }

  async #rename(channel: number): Promise<void> {
    const name = getElement('rename-text', HTMLInputElement);
    name.value = getSpeakerName(this.meeting!, channel);
    queueMicrotask(() => name.select());
    if (await confirmDialog(getElement('rename', HTMLDialogElement)))
      this.#store!.act({ type: 'speakerRenamed', channel, name: name.value });
  }

  #recordingCallbacks(): RecordingCallbacks {
    return {
      state: (state, text) => this.#showState(state, text),
      problem: (problem) => this.#messages.showProblem(problem),
      recovered: () => this.#messages.clearProblem('connection'),
      remark: (text) => this.#messages.showToast(text),
      peaks: (me, them) => this.#controls.showPeaks({ me, them }, this.#recording!.nowMs),
      sources: (isOpen) => this.#controls.showSources(isOpen),
      silence: (leftMs) => this.#controls.showSilence(leftMs),
    };
  }

  #showState(state: RecorderState, text: string): void {
    this.#stateText = text;
    const isRecording = this.#recording?.isOn === true;
    this.#wakeLock.setWanted(isRecording);
    this.#controls.showState(state, text, isRecording);
    document.title = isRecording
      ? `● ${text} – ${toPrintable(this.meeting?.title ?? 'Sotto')}`
      : `${toPrintable(this.meeting?.title ?? 'Meetings')} – Sotto`;
    if (!isRecording) void this.#changeSender.send();
    if (this.meeting !== undefined) this.#smallWindow.show(this.meeting, text);
  }

  #showAll(meeting: Meeting): void {
    getElement('title', HTMLInputElement).value = meeting.title;
    getElement('heading').textContent = meeting.title;
    getElement('empty').hidden = meeting.sentences.length > 0;
    this.#conversation.showAll(meeting);
    this.#conversation.markNotes(groupNotesBySentence(meeting));
    this.#conversation.showOpen(meeting.open);
    this.#notes.show(meeting);
    this.#showStorage(meeting);
    this.#controls.showTime(this.#recording?.nowMs ?? 0);
    this.#controls.showSources({
      me: this.#recording?.hasSource('me') === true,
      them: this.#recording?.hasSource('them') === true,
    });
  }

  #showStorage(meeting: Meeting): void {
    getElement('storage').textContent =
      meeting.transcript === undefined
        ? 'Saved in this browser'
        : this.#isRefused
          ? 'Some changes in this browser only'
          : 'Saved on the server';
    this.#summary.show(meeting);
  }

  /** The server refuses changes, or has accepted all of them after that. They stay in the browser. */
  #showRefusal(error: unknown): void {
    this.#isRefused = error !== undefined;
    if (this.meeting !== undefined) this.#showStorage(this.meeting);
    if (error === undefined) return this.#messages.clearProblem('storage');
    const reason = error instanceof Error ? error.message : String(error);
    this.#messages.showProblem({
      title: 'The server does not save your changes.',
      advice: `They are saved in this browser. ${reason}`,
      topic: 'storage',
    });
  }

  #changed(now: Meeting, before: Meeting, action: MeetingAction): void {
    if (now.sentences !== before.sentences) this.#sentencesChanged(now, before);
    if (now.open !== before.open) this.#conversation.showOpen(now.open);
    if (now.notes !== before.notes || action.type === 'speakerRenamed') this.#notes.show(now);
    if (now.notes !== before.notes) this.#conversation.markNotes(groupNotesBySentence(now));
    if (action.type === 'speakerRenamed') this.#conversation.renamed(now, action.channel);
    if (now.title !== before.title) getElement('heading').textContent = now.title;
    if (now.summary !== before.summary) this.#summary.show(now);
    if (now.transcript !== before.transcript) this.#showStorage(now);
    this.#smallWindow.show(now, this.#stateText);
    if (action.type !== 'eventReceived') void this.#changeSender.send();
  }

  #sentencesChanged(now: Meeting, before: Meeting): void {
    getElement('empty').hidden = true;
    const known = new Map(before.sentences.map((sentence) => [sentence.key, sentence]));
    for (const sentence of now.sentences) {
      const old = known.get(sentence.key);
      if (old === undefined) this.#conversation.add(now, sentence);
      else if (old !== sentence) this.#conversation.change(sentence);
    }
    // A note that was begun before its sentence ended now has a sentence to belong to.
    const last = now.notes.at(-1);
    if (
      last !== undefined &&
      findSentenceAt(now.sentences, last.atMs) !== findSentenceAt(before.sentences, last.atMs)
    ) {
      this.#conversation.markNotes(groupNotesBySentence(now));
      this.#notes.show(now);
    }
  }
}
