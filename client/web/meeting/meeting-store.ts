import type { ResumePoint } from '../../sdk/resume-point.ts';
import type { LiveRecord, MeetingDatabase, MeetingHeader, MeetingWrite } from './meeting-database.ts';
import { type Meeting, type MeetingAction, type MeetingPart, reduceMeeting } from './meeting-state.ts';
import { PendingChanges } from './pending-changes.ts';

export type MeetingListener = (meeting: Meeting, before: Meeting, action: MeetingAction) => void;

/** How often open sentences are stored, ms: at most this much is lost in a crash whose session is gone, too. */
const LIVE_EVERY_MS = 1_000;

export interface MeetingStoreCallbacks {
  changed: MeetingListener;
  /** Called when the browser refused to store something. */
  failed(error: unknown): void;
}

/** The open meeting. Every action passes through here: it is applied, shown, stored in the browser and queued for the server. */
export class MeetingStore {
  readonly #database: MeetingDatabase;
  readonly #callbacks: MeetingStoreCallbacks;
  readonly pending: PendingChanges;
  #meeting: Meeting;
  #live: LiveRecord | undefined;
  #liveTimer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    meeting: Meeting,
    database: MeetingDatabase,
    callbacks: MeetingStoreCallbacks,
    unsent: readonly string[] = [],
  ) {
    this.#meeting = meeting;
    this.#database = database;
    this.#callbacks = callbacks;
    this.pending = new PendingChanges(
      () => this.#meeting,
      unsent,
      () => this.#write({ head: this.#head() }),
    );
  }

  get meeting(): Meeting {
    return this.#meeting;
  }

  /** Resolves when everything done so far is stored. */
  get written(): Promise<void> {
    return this.#writing;
  }

  act(action: MeetingAction): void {
    const before = this.#meeting;
    this.#meeting = reduceMeeting(before, action);
    if (action.type === 'eventReceived' && 'seq' in action.event) this.#noteSequence(action.event.seq);
    if (this.#meeting === before) return;
    this.pending.record(action);
    this.#storeChange(before);
    this.#callbacks.changed(this.#meeting, before, action);
  }

  /** A session has begun or was resumed. Stores at once what a reloaded page needs to resume it. */
  opened(ready: ResumePoint['ready'], at: MeetingPart, seq: number): void {
    const { paused = false, sources = { me: false, them: false } } = this.#live ?? {};
    const { id: meeting, open } = this.#meeting;
    this.#live = { meeting, kept: { ready, seq }, at, open, tookMs: Date.now(), paused, sources };
    this.#write({ live: this.#live });
  }

  /** Stores how the meeting is being recorded, for a reloaded page. */
  storeRecording(change: Partial<Pick<LiveRecord, 'paused' | 'sources'>>): void {
    if (this.#live === undefined) return;
    this.#live = { ...this.#live, ...change };
    this.#write({ live: this.#live });
  }

  /** The recording is over. */
  closed(): void {
    clearTimeout(this.#liveTimer);
    this.#liveTimer = undefined;
    this.#live = undefined;
    this.#queue(() => this.#database.ended(this.#meeting.id));
    this.#write({ head: this.#head() });
  }

  /** Replaces the meeting by another version, such as the server's, and stores all of it. */
  adopt(meeting: Meeting): void {
    this.#meeting = meeting;
    this.#write({ head: this.#head(), sentences: meeting.sentences });
  }

  #head(): MeetingHeader {
    const { sentences, open: _, ...head } = this.#meeting;
    return { ...head, changedMs: Date.now(), unsent: this.pending.unsent, count: sentences.length };
  }

  #noteSequence(seq: number): void {
    if (this.#live === undefined) return;
    this.#live = { ...this.#live, kept: { ...this.#live.kept, seq } };
    this.#liveTimer ??= setTimeout(() => {
      this.#liveTimer = undefined;
      if (this.#live !== undefined) this.#write({ live: this.#snapshot(this.#live) });
    }, LIVE_EVERY_MS);
  }

  /** Stores what changed. A sentence and the number of the event it came from are written in one transaction. */
  #storeChange(before: Meeting): void {
    const meeting = this.#meeting;
    const { open: a, ...head } = meeting;
    const { open: b, ...headBefore } = before;
    if (Object.keys(head).every((key) => head[key as never] === headBefore[key as never])) return;
    const known = new Set(before.sentences);
    const sentences =
      meeting.sentences === before.sentences ? [] : meeting.sentences.filter((sentence) => !known.has(sentence));
    const live = this.#live === undefined ? undefined : this.#snapshot(this.#live);
    this.#write({ head: this.#head(), sentences, live });
  }

  #snapshot(live: LiveRecord): LiveRecord {
    return { ...live, open: this.#meeting.open, tookMs: Date.now() };
  }

  #write(page: MeetingWrite): void {
    const { id } = this.#meeting;
    this.#queue(() => this.#database.write(id, page));
  }

  #queue(run: () => Promise<void>): void {
    this.#writing = this.#writing.then(run).catch((error: unknown) => this.#callbacks.failed(error));
  }
}
