import { toPrintable } from '../../../protocol/printable.ts';
import { getElement } from '../ui/dom.ts';
import type { Messages } from '../ui/messages.ts';
import { ScreenWakeLock } from '../ui/screen-wake-lock.ts';
import { ChangeSender } from './change-sender.ts';
import type { LiveRecord, MeetingDatabase } from './meeting-database.ts';
import { MeetingPlayback } from './meeting-playback.ts';
import { findSentence, getSpeakerName, type Meeting, type MeetingAction } from './meeting-state.ts';
import { MeetingStore } from './meeting-store.ts';
import { findSentenceAt, groupNotesBySentence } from './note-links.ts';
import type { RecorderState } from './recorder.ts';
import { Recording, type RecordingCallbacks, type RecordingOptions } from './recording.ts';
import { SentenceCommands } from './sentence-commands.ts';
import { fetchAudio, sendChange } from './server-transcripts.ts';
import type { SourceName } from './sources.ts';
import { ConversationView } from './views/conversation-view.ts';
import { askForConsent, askForName } from './views/edit-dialogs.ts';
import { NotesView } from './views/notes.ts';
import { RecordingControls } from './views/recording-controls.ts';
import { SentenceActions } from './views/sentence-actions.ts';
import { showSidePanel } from './views/side-panel.ts';
import { SmallWindow } from './views/small-window.ts';
import type { SummaryPanel } from './views/summary-panel.ts';

export interface MeetingViewParts {
  readonly messages: Messages;
  readonly database: MeetingDatabase;
  readonly options: RecordingOptions;
  readonly summary: SummaryPanel;
  /** A meeting is on the page, or something of it has changed besides its sentences. */
  shown(meeting: Meeting, isRecording: boolean): void;
  recordingEnded(meeting: Meeting): void;
}

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
  readonly #playback: MeetingPlayback;
  readonly sentences: SentenceCommands;
  readonly #database: MeetingDatabase;
  readonly #options: RecordingOptions;
  readonly #changeSender: ChangeSender;
  readonly #callbacks: Pick<MeetingViewParts, 'shown' | 'recordingEnded'>;
  #wasRecording = false;
  #store: MeetingStore | undefined;
  #recording: Recording | undefined;
  #stateText = 'Ready';
  /** The server has refused changes. */
  #isRefused = false;

  constructor({ messages, database, options, summary, ...callbacks }: MeetingViewParts) {
    this.#messages = messages;
    this.#database = database;
    this.#options = options;
    this.#summary = summary;
    this.#callbacks = callbacks;
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
      firstVersion: (key) => {
        const sentence = this.meeting && findSentence(this.meeting, key);
        if (sentence !== undefined) this.#conversation.toggleFirstVersion(sentence);
      },
      play: (key) => {
        const sentence = this.meeting && findSentence(this.meeting, key);
        if (sentence !== undefined && !this.isRecording) this.#playback.playSentence(sentence);
      },
      note: (id) => {
        showSidePanel('notes');
        this.#notes.focusNote(id);
      },
      current: (key) => this.#actions.showAt(key === undefined ? undefined : this.#conversation.row(key)),
    });
    this.sentences = new SentenceCommands({
      ...{ messages, conversation: this.#conversation, playback: () => this.#playback },
      ...{ meeting: () => this.meeting, isRecording: () => this.isRecording },
      act: (action) => this.#store?.act(action),
    });
    this.#playback = new MeetingPlayback(messages, {
      fetchAudio,
      showPlaying: (key, mustShow) => this.#conversation.showPlaying(key, mustShow),
      selectedSentences: () => this.sentences.selected,
    });
    this.#actions = new SentenceActions(parts.scroll, (name) => this.sentences.run(name));
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

  /** Resolves when everything done so far is stored in the browser. */
  async saved(): Promise<void> {
    await this.#store?.written;
  }

  /** Takes what has changed from another version, such as the server's, without moving what the reader looks at. */
  refresh(meeting: Meeting): void {
    const before = this.meeting;
    if (this.#store === undefined || before === undefined || this.isRecording) return;
    this.#store.adopt(meeting);
    if (meeting.sentences !== before.sentences) this.#sentencesChanged(meeting, before);
    this.#showStorage(meeting);
    this.#controls.showTime(this.#recording?.nowMs ?? 0);
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
    if (!(await this.#ensureConsent())) return;
    this.#playback.stop();
    this.#messages.clearProblem();
    await recording.start();
  }

  /** Pauses the recording or continues it; plays a stored meeting, or pauses that. */
  pause(): void {
    if (this.isRecording) this.#recording?.pause();
    else if (this.#playback.isAvailable) this.#playback.toggle();
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

  note(): void {
    showSidePanel('notes');
    this.#notes.write();
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

  /** To be called when the page shows something else: nobody could see where the sound comes from. */
  stopPlayback(): void {
    this.#playback.stop();
  }

  themeChanged(): void {
    this.#controls.redraw();
  }

  /** Asks once in a meeting whether everybody agrees, and again when the audio is to be kept from now on. */
  async #ensureConsent(): Promise<boolean> {
    const isAudioKept = this.#options.keepsAudio();
    const { consentAt, audioConsentAt } = this.meeting!;
    if (consentAt !== undefined && (!isAudioKept || audioConsentAt !== undefined)) return true;
    if (!(await askForConsent(isAudioKept))) return false;
    this.#store!.act({ type: 'consentGiven', at: new Date().toISOString(), isAudioKept });
    return true;
  }

  /** The moment of a note that is begun now: the present while recording, otherwise that of the sentence read last. */
  #momentMs(): number {
    const recording = this.#recording!;
    if (recording.isOn) return recording.nowMs;
    return this.sentences.current?.fromMs ?? recording.nowMs;
  }

  async #rename(channel: number): Promise<void> {
    const name = await askForName(getSpeakerName(this.meeting!, channel));
    if (name !== undefined) this.#store!.act({ type: 'speakerRenamed', channel, name });
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
    if (this.meeting === undefined) return;
    this.#smallWindow.show(this.meeting, text);
    if (this.#wasRecording === this.isRecording) return;
    this.#wasRecording = this.isRecording;
    this.#showStorage(this.meeting);
    if (!this.isRecording) this.#callbacks.recordingEnded(this.meeting);
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
    const hasAudio = meeting.audio !== undefined || (this.isRecording && this.#options.keepsAudio());
    getElement('storage').textContent = describeStorage(meeting, hasAudio, this.#isRefused);
    this.#summary.show(meeting);
    this.#playback.show(this.isRecording ? undefined : meeting);
    this.#actions.hasAudio = this.#playback.isAvailable;
    this.#conversation.isPlayable = this.#playback.isAvailable;
    this.#callbacks.shown(meeting, this.isRecording);
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
    if (now.transcript !== before.transcript || now.audio !== before.audio) this.#showStorage(now);
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

function describeStorage({ transcript }: Meeting, hasAudio: boolean, isRefused: boolean): string {
  if (transcript === undefined) return 'Saved in this browser';
  if (isRefused) return 'Some changes in this browser only';
  return hasAudio ? 'Saved on the server, with audio' : 'Saved on the server';
}
