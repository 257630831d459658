import { toPrintable } from '../../../protocol/printable.ts';
import { formatElapsed } from '../live/transcript-view.ts';
import { copyText } from '../ui/clipboard.ts';
import { getElement } from '../ui/dom.ts';
import type { Messages } from '../ui/messages.ts';
import { MeterView } from '../ui/meter.ts';
import { ScreenWakeLock } from '../ui/screen-wake-lock.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import type { LiveRecord, MeetingDatabase } from './meeting-database.ts';
import { confirmInDialog } from './meeting-home.ts';
import {
  findSentence,
  getDisplayedText,
  getSpeakerName,
  type Meeting,
  type MeetingAction,
  type SpokenSentence,
} from './meeting-state.ts';
import { MeetingStore } from './meeting-store.ts';
import { countNotesBySentence, findSentenceAt } from './note-links.ts';
import type { RecorderState } from './recorder.ts';
import { Recording, type RecordingOptions } from './recording.ts';
import { deliverChange } from './server-transcripts.ts';
import type { SourceName } from './sources.ts';
import { ConversationView } from './views/conversation-view.ts';
import { NotesView } from './views/notes.ts';
import { SentenceActions } from './views/sentence-actions.ts';
import { SmallWindow } from './views/small-window.ts';
import type { SummaryPanel } from './views/summary-panel.ts';

const WARNED = 'Nobody has spoken for a while. The recording ends in';

/** One meeting on the page: passes what the user does to the store, and shows how the meeting changes. */
export class MeetingView {
  readonly #messages: Messages;
  readonly #bubbles: ConversationView;
  readonly #acts: SentenceActions;
  readonly #notes: NotesView;
  readonly #summary: SummaryPanel;
  readonly #small = new SmallWindow();
  readonly #awake = new ScreenWakeLock();
  readonly #meters: Readonly<Record<SourceName, MeterView>>;
  readonly #notebook: MeetingDatabase;
  readonly #options: RecordingOptions;
  readonly #courier: DeliveryQueue;
  #desk: MeetingStore | undefined;
  #recording: Recording | undefined;
  #stateText = 'Ready';
  #quiet = 0;

  constructor(messages: Messages, notebook: MeetingDatabase, options: RecordingOptions, summary: SummaryPanel) {
    this.#messages = messages;
    this.#notebook = notebook;
    this.#options = options;
    this.#summary = summary;
    this.#meters = { me: meterOf('meter-me'), them: meterOf('meter-them') };
    this.#courier = new DeliveryQueue(
      deliverChange,
      () => this.#desk!.outgoing,
      () => this.#desk?.meeting.transcript,
    );
    const parts = {
      scroll: getElement('scroll'),
      log: getElement('log'),
      open: getElement('open'),
      jump: getElement('jump', HTMLButtonElement),
    };
    this.#bubbles = new ConversationView(parts, {
      rename: (channel) => void this.#rename(channel),
      note: (id) => {
        this.showPanel('notes');
        this.#notes.to(id);
      },
      current: (key) => this.#acts.at(key === undefined ? undefined : this.#bubbles.row(key)),
    });
    this.#acts = new SentenceActions(parts.scroll, (name) => this.#act(name));
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
        keep: (note) => this.#desk?.act({ type: 'noted', note }),
        remove: (note) => {
          this.#desk?.act({ type: 'unnoted', id: note.id });
          this.#messages.remark('The note is deleted.', {
            label: 'Undo',
            run: () => this.#desk?.act({ type: 'noted', note }),
          });
        },
        jump: (key) => this.#bubbles.to(key),
        nowMs: () => this.#momentMs(),
      },
    );
  }

  get meeting(): Meeting | undefined {
    return this.#desk?.meeting;
  }

  /** Whether the server has received every change. */
  get isTold(): boolean {
    return (
      this.#desk !== undefined && this.meeting?.transcript !== undefined && this.#desk.outgoing.unsent.length === 0
    );
  }

  get isRecording(): boolean {
    return this.#recording !== undefined && (this.#recording.isOn || this.#recording.state === 'finishing');
  }

  /** Shows a meeting. `unsent` names the changes that the server has not received yet. */
  async open(meeting: Meeting, unsent: readonly string[] = []): Promise<void> {
    const desk = new MeetingStore(
      meeting,
      this.#notebook,
      {
        changed: (now, before, action) => this.#changed(now, before, action),
        unkept: () => this.#messages.remark('This browser has no space left to save the meeting.'),
      },
      unsent,
    );
    this.#desk = desk;
    this.#recording = new Recording(desk, this.#notebook, this.#recordingEvents(), this.#options);
    this.#showAll(desk.meeting);
    this.#stateIs('idle', 'Ready');
    getElement('record', HTMLButtonElement).disabled = false;
    void this.#courier.go();
  }

  /** Replaces the meeting by another version, such as the server's. */
  adopt(meeting: Meeting): void {
    this.#desk?.adopt(meeting);
    if (this.#desk !== undefined) this.#showAll(this.#desk.meeting);
  }

  /** Continues a recording that a reload or a crash interrupted. */
  async goOn(live: LiveRecord): Promise<void> {
    const how = await this.#recording!.goOn(live);
    if (how === 'elsewhere') this.#messages.remark('This meeting is being recorded in another tab.');
    if (how !== 'interrupted') return;
    this.#messages.problem({
      title: 'The recording was interrupted.',
      advice: 'Everything up to that point is saved. Press Start to continue.',
    });
  }

  async record(): Promise<void> {
    const recording = this.#recording;
    if (recording === undefined || recording.state === 'finishing') return;
    if (recording.isOn) return recording.stop();
    if (this.meeting?.consentAt === undefined) {
      if (!(await confirmInDialog(getElement('consent', HTMLDialogElement)))) return;
      this.#desk!.act({ type: 'agreed', at: new Date().toISOString() });
    }
    this.#messages.solved();
    await recording.start();
  }

  pause(): void {
    this.#recording?.pause();
  }

  mute(): void {
    if (this.#recording === undefined) return;
    this.#messages.remark(this.#recording.mute() ? 'Your microphone is muted.' : 'Your microphone is on.');
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
    const said = this.#chosen();
    if (said === undefined) return this.#messages.remark('Nothing has been said yet.');
    this.#desk!.act({ type: 'highlighted', key: said.key, highlight: !said.highlight });
    this.#messages.remark(
      said.highlight ? 'No longer highlighted.' : `Highlighted: ${getDisplayedText(said).slice(0, 60)}`,
    );
  }

  note(): void {
    this.showPanel('notes');
    this.#notes.write();
  }

  async correct(): Promise<void> {
    const said = this.#chosen();
    if (said === undefined) return;
    const text = getElement('correct-text', HTMLTextAreaElement);
    text.value = getDisplayedText(said);
    getElement('correct-heard').textContent = said.text;
    const back = getElement('correct-undo', HTMLButtonElement);
    back.hidden = said.correction === undefined;
    const dialog = getElement('correct', HTMLDialogElement);
    back.onclick = () => {
      this.#desk!.act({ type: 'corrected', key: said.key, correction: undefined });
      dialog.close('no');
    };
    if (await confirmInDialog(dialog)) this.#desk!.act({ type: 'corrected', key: said.key, correction: text.value });
    this.#bubbles.row(said.key)?.focus({ preventScroll: true });
  }

  original(): void {
    const said = this.#chosen();
    if (said !== undefined) this.#bubbles.original(said);
  }

  step(by: number): void {
    this.#bubbles.step(by);
  }

  live(): void {
    this.#bubbles.toEnd();
  }

  async small(): Promise<void> {
    if (this.#small.isOpen) return this.#small.close();
    if (!(await this.#small.open())) return this.#messages.remark('The browser did not allow a window.');
    if (this.meeting !== undefined) this.#small.show(this.meeting, this.#stateText);
  }

  retitle(title: string): void {
    this.#desk?.act({ type: 'titled', title });
  }

  jump(key: string): void {
    this.#bubbles.to(key);
  }

  summarised(action: Extract<MeetingAction, { type: 'summarised' }>): void {
    this.#desk?.act(action);
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
    this.#meters.me.draw();
    this.#meters.them.draw();
  }

  /** The moment of a note that is begun now: the present while recording, otherwise that of the sentence read last. */
  #momentMs(): number {
    const recording = this.#recording!;
    if (recording.isOn) return recording.nowMs;
    return this.#chosen()?.fromMs ?? recording.nowMs;
  }

  #chosen(): SpokenSentence | undefined {
    const { current } = this.#bubbles;
    const { meeting } = this;
    if (meeting === undefined) return undefined;
    return (current === undefined ? undefined : findSentence(meeting, current)) ?? meeting.sentences.at(-1);
  }

  #act(name: string): void {
    if (name === 'highlight') this.highlight();
    else if (name === 'correct') void this.correct();
    else if (name === 'original') this.original();
    else {
      const said = this.#chosen();
      if (said !== undefined)
        void copyText(getDisplayedText(said)).then((done) =>
          this.#messages.remark(done ? 'Copied.' : 'The browser did not allow copying.'),
        );
    }
  }

  async #rename(channel: number): Promise<void> {
    const name = getElement('rename-text', HTMLInputElement);
    name.value = getSpeakerName(this.meeting!, channel);
    queueMicrotask(() => name.select());
    if (await confirmInDialog(getElement('rename', HTMLDialogElement)))
      this.#desk!.act({ type: 'named', channel, name: name.value });
  }

  #recordingEvents() {
    return {
      state: (state: RecorderState, text: string) => this.#stateIs(state, text),
      problem: this.#messages.problem.bind(this.#messages),
      remark: (text: string) => this.#messages.remark(text),
      peaks: (me: number, them: number) => this.#peaks(me, them),
      sources: (on: Readonly<Record<SourceName, boolean>>) => {
        for (const side of ['me', 'them'] as const) {
          getElement(`source-${side}`).setAttribute('aria-pressed', String(on[side]));
          if (!on[side]) this.#meters[side].clear();
        }
      },
      silence: (leftMs: number | undefined) => {
        getElement('warning').hidden = leftMs === undefined;
        const text = `${WARNED} ${Math.ceil((leftMs ?? 0) / 10_000) * 10} seconds.`;
        if (leftMs !== undefined && getElement('warning-text').textContent !== text)
          getElement('warning-text').textContent = text;
      },
    };
  }

  /** Draws every second block: thirty updates a second are more than anybody sees. */
  #peaks(me: number, them: number): void {
    if (this.#quiet++ % 2 === 1) return;
    if (getElement('source-me').getAttribute('aria-pressed') === 'true') this.#meters.me.push(me);
    if (getElement('source-them').getAttribute('aria-pressed') === 'true') this.#meters.them.push(them);
    const text = formatElapsed(this.#recording!.nowMs);
    if (getElement('timer').textContent !== text) getElement('timer').textContent = text;
  }

  #stateIs(state: RecorderState, text: string): void {
    this.#stateText = text;
    const on = this.#recording?.isOn === true;
    this.#awake.want(on);
    const light = getElement('state');
    light.dataset['state'] = state;
    if (light.textContent !== text) light.textContent = text;
    getElement('record').dataset['on'] = String(on);
    getElement('record-label').textContent = on ? 'End' : state === 'finishing' ? 'Ending' : 'Start';
    getElement('pause', HTMLButtonElement).disabled = !on;
    getElement('pause').setAttribute('aria-pressed', String(state === 'paused'));
    document.title = on
      ? `● ${text} – ${toPrintable(this.meeting?.title ?? 'Sotto')}`
      : `${toPrintable(this.meeting?.title ?? 'Meetings')} – Sotto`;
    if (!on) {
      this.#meters.me.clear();
      this.#meters.them.clear();
      void this.#courier.go();
    }
    if (this.meeting !== undefined) this.#small.show(this.meeting, text);
  }

  #showAll(meeting: Meeting): void {
    getElement('title', HTMLInputElement).value = meeting.title;
    getElement('heading').textContent = meeting.title;
    getElement('empty').hidden = meeting.sentences.length > 0;
    this.#bubbles.showAll(meeting);
    this.#bubbles.mark(countNotesBySentence(meeting));
    this.#bubbles.grow(meeting.open);
    this.#notes.show(meeting);
    this.#showKept(meeting);
    getElement('timer').textContent = formatElapsed(this.#recording?.nowMs ?? 0);
    for (const side of ['me', 'them'] as const) {
      getElement(`source-${side}`).setAttribute('aria-pressed', String(this.#recording?.wants(side) === true));
    }
  }

  #showKept(meeting: Meeting): void {
    getElement('kept').textContent = meeting.transcript === undefined ? 'Saved in this browser' : 'Saved on the server';
    this.#summary.show(meeting);
  }

  #changed(now: Meeting, before: Meeting, action: MeetingAction): void {
    if (now.sentences !== before.sentences) this.#sentencesChanged(now, before);
    if (now.open !== before.open) this.#bubbles.grow(now.open);
    if (now.notes !== before.notes || action.type === 'named') this.#notes.show(now);
    if (now.notes !== before.notes) this.#bubbles.mark(countNotesBySentence(now));
    if (action.type === 'named') this.#bubbles.renamed(now, action.channel);
    if (now.title !== before.title) getElement('heading').textContent = now.title;
    if (now.summary !== before.summary) this.#summary.show(now);
    if (now.transcript !== before.transcript) this.#showKept(now);
    this.#small.show(now, this.#stateText);
    if (action.type !== 'heard') void this.#courier.go();
  }

  #sentencesChanged(now: Meeting, before: Meeting): void {
    getElement('empty').hidden = true;
    const known = new Map(before.sentences.map((said) => [said.key, said]));
    for (const said of now.sentences) {
      const old = known.get(said.key);
      if (old === undefined) this.#bubbles.add(now, said);
      else if (old !== said) this.#bubbles.change(said);
    }
    // A note that was begun before its sentence ended now has a sentence to belong to.
    const last = now.notes.at(-1);
    if (
      last !== undefined &&
      findSentenceAt(now.sentences, last.atMs) !== findSentenceAt(before.sentences, last.atMs)
    ) {
      this.#bubbles.mark(countNotesBySentence(now));
      this.#notes.show(now);
    }
  }
}

const meterOf = (id: string): MeterView => new MeterView(getElement(id, HTMLCanvasElement), 10);
