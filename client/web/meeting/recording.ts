import { toRoomOption } from '../rooms/share-captions.ts';
import { describeMicrophoneProblem, type Problem } from '../ui/problems.ts';
import { readMicrophoneOptions, readSessionOptions } from '../ui/settings.ts';
import type { LiveRecord, MeetingDatabase } from './meeting-database.ts';
import { getDuration } from './meeting-state.ts';
import type { MeetingStore } from './meeting-store.ts';
import { findLastRun, PendingAudio } from './pending-audio.ts';
import { Recorder, type RecorderState } from './recorder.ts';
import { pageAuth } from './server-transcripts.ts';
import { SilenceTimeout } from './silence-timeout.ts';
import { MeetingSources, SilentTabError, type SourceName } from './sources.ts';

export interface RecordingEvents {
  state(state: RecorderState, text: string): void;
  problem(problem: Problem): void;
  remark(text: string): void;
  peaks(me: number, them: number): void;
  /** Which sources are there, or will be asked for. */
  sources(on: Readonly<Record<SourceName, boolean>>): void;
  /** Nobody has spoken for long; undefined when all is well again. */
  silence(leftMs: number | undefined): void;
}

export interface RecordingOptions {
  /** Device for the others' sound; empty: what the browser offers to share. */
  others(): string;
  silenceMinutes(): number;
  /** Echo cancellation keeps the others out of the microphone when they come from loudspeakers. */
  echo(): boolean;
}

/** A recording that was cut off less than this ago goes on by itself, ms. */
const FRESH_MS = 120_000;
const LOOK_MS = 1_000;
/** The tab that records, so that a reload goes on and a second tab does not. */
const TAB = 'sotto.recording';

/** One meeting being recorded: its sources, its session, and what a reload needs to go on. */
export class Recording {
  readonly #desk: MeetingStore;
  readonly #notebook: MeetingDatabase;
  readonly #events: RecordingEvents;
  readonly #options: RecordingOptions;
  readonly #recorder: Recorder;
  readonly #keeper: PendingAudio;
  readonly #wanted: Record<SourceName, boolean> = { me: true, them: false };
  #sources: MeetingSources | undefined;
  #silence = new SilenceTimeout(0, 0);
  #looking: ReturnType<typeof setInterval> | undefined;
  #release: (() => void) | undefined;
  #paused = false;
  #muted = false;

  constructor(desk: MeetingStore, notebook: MeetingDatabase, events: RecordingEvents, options: RecordingOptions) {
    this.#desk = desk;
    this.#notebook = notebook;
    this.#events = events;
    this.#options = options;
    this.#keeper = new PendingAudio(notebook, desk.meeting.id, () => {});
    this.#recorder = new Recorder(
      {
        act: (action) => {
          if (action.type === 'heard' && (action.event.type === 'partial' || action.event.type === 'final'))
            this.#silence.heard(performance.now());
          desk.act(action);
        },
        state: (state, text) => this.#stateIs(state, text),
        problem: (problem) => events.problem(problem),
        remark: (text) => events.remark(text),
        opened: ({ ready, at, seq }) => {
          desk.opened(ready, at, seq);
          this.#tellStanding();
        },
        sent: (from, pcm) => this.#keeper.take(from, pcm),
        acknowledged: (sample) => this.#keeper.acknowledged(sample),
        waiting: (audio) => this.#keeper.restart(audio),
      },
      () => {
        const { title, transcript, parts } = desk.meeting;
        return { title, transcript, parts, endMs: getDuration(desk.meeting) };
      },
      async () => ({ ...readSessionOptions(), ...toRoomOption(), ...(await pageAuth.shown()) }),
    );
    addEventListener('pagehide', () => this.#keeper.flush());
  }

  get state(): RecorderState {
    return this.#recorder.state;
  }

  get isOn(): boolean {
    return ['connecting', 'live', 'lag', 'paused'].includes(this.state);
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /** The present moment of the meeting; without a recording, its end. */
  get nowMs(): number {
    return this.isOn ? this.#recorder.nowMs : getDuration(this.#desk.meeting);
  }

  wants(side: SourceName): boolean {
    return this.#sources === undefined ? this.#wanted[side] : this.#sources.has(side);
  }

  /** Asks for the wanted sources and begins; must be called by a press of a key or a button. */
  async start(): Promise<void> {
    if (this.isOn || this.state === 'finishing') return;
    if (!(await pageAuth.enter()) || this.isOn) return;
    if (!(await this.#claim())) return this.#events.remark('This meeting is being recorded in another tab.');
    if (!(await this.#openSources(['them', 'me']))) return this.#free();
    // What an interrupted recording could not send any more.
    const kept = findLastRun(await this.#notebook.audio(this.#desk.meeting.id));
    this.#keeper.restart(kept === undefined ? [] : [kept.bytes]);
    if (!(await this.#recorder.start(kept === undefined ? [] : [kept.bytes]))) return this.#free();
    this.#watch();
  }

  /** Goes on with what an earlier page of this tab recorded; `interrupted` when that is too long ago. */
  async goOn(live: LiveRecord): Promise<'recording' | 'interrupted' | 'elsewhere'> {
    if (!(await this.#claim())) return 'elsewhere';
    const audio = findLastRun(await this.#notebook.audio(this.#desk.meeting.id));
    const taken = await this.#recorder.takeUp({ ...live.kept, audio }, live.at);
    if (!taken) this.#desk.act({ type: 'cut' });
    const fresh = taken || Date.now() - live.tookMs < FRESH_MS;
    if (!fresh) {
      this.#desk.closed();
      this.#free();
      return 'interrupted';
    }
    Object.assign(this.#wanted, live.sources);
    this.#paused = live.paused;
    // Only the person can choose again what to share.
    const sides: SourceName[] = live.sources.me ? ['me'] : [];
    if (!(await this.#openSources(sides))) this.#events.remark('Add a source to go on.');
    if (live.sources.them) this.#events.remark('The page was loaded again: share the sound of the others once more.');
    if (!taken && !(await this.#recorder.start(audio === undefined ? [] : [audio.bytes]))) {
      this.#free();
      return 'interrupted';
    }
    this.#recorder.pause(this.#paused);
    this.#sources?.pause(this.#paused);
    this.#watch();
    return 'recording';
  }

  pause(): void {
    if (!this.isOn || this.#sources === undefined) return;
    this.#paused = !this.#paused;
    this.#sources.pause(this.#paused);
    this.#recorder.pause(this.#paused);
    this.#silence.heard(performance.now());
    this.#tellStanding();
  }

  mute(): boolean {
    this.#muted = !this.#muted;
    this.#sources?.mute(this.#muted);
    return this.#muted;
  }

  /** Somebody is still there. */
  keepRecording(): void {
    this.#silence.heard(performance.now());
    this.#events.silence(undefined);
  }

  /** Adds a source or takes it away; before the start it only says what to ask for. */
  async toggle(side: SourceName): Promise<void> {
    if (this.#sources === undefined) {
      this.#wanted[side] = !this.#wanted[side];
      return this.#tellSources();
    }
    if (this.#sources.has(side)) {
      this.#sources.remove(side);
      this.#wanted[side] = false;
    } else await this.#add(side);
    this.#tellSources();
    this.#tellStanding();
  }

  async microphoneChanged(): Promise<void> {
    if (this.#sources?.has('me') === true) await this.#add('me');
  }

  async stop(): Promise<void> {
    if (!this.isOn) return;
    clearInterval(this.#looking);
    this.#events.silence(undefined);
    this.#sources?.close();
    this.#sources = undefined;
    this.#keeper.flush();
    const whole = await this.#recorder.stop();
    if (whole) this.#keeper.restart([]);
    else this.#events.remark('The last words could not be sent. They are kept here: press Start to send them.');
    this.#desk.closed();
    this.#free();
  }

  #watch(): void {
    this.#silence = new SilenceTimeout(this.#options.silenceMinutes() * 60_000, performance.now());
    clearInterval(this.#looking);
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
  }

  #look(): void {
    // A pause is a silence that was asked for.
    if (this.#paused) this.#silence.heard(performance.now());
    const stillness = this.#silence.look(performance.now());
    if (stillness.state === 'over') {
      this.#events.remark('Nobody spoke for long, so the recording ended. Press Start to go on.');
      void this.stop();
    } else this.#events.silence(stillness.state === 'warned' ? stillness.leftMs : undefined);
  }

  /** True when at least one of the wanted sources is there. */
  async #openSources(sides: readonly SourceName[]): Promise<boolean> {
    try {
      this.#sources ??= await MeetingSources.open({
        block: ({ pcm, peaks: [me, them] }) => {
          this.#events.peaks(me, them);
          this.#recorder.push(pcm);
        },
        ended: (side, label) => void this.#ended(side, label),
      });
    } catch (error) {
      this.#events.problem(describeMicrophoneProblem(error));
      return false;
    }
    this.#sources.mute(this.#muted);
    for (const side of sides) if (this.#wanted[side]) await this.#add(side);
    this.#tellSources();
    if (this.#sources.has('me') || this.#sources.has('them')) return true;
    if (!this.#wanted.me && !this.#wanted.them)
      this.#events.problem({
        title: 'There is nothing to hear.',
        advice: 'Choose the microphone, shared sound, or both.',
      });
    return false;
  }

  async #add(side: SourceName): Promise<void> {
    const device = this.#options.others();
    try {
      if (side === 'me') await this.#sources!.addMicrophone({ ...readMicrophoneOptions(), echo: this.#options.echo() });
      else if (device !== '') await this.#sources!.addDevice(device);
      else await this.#sources!.addShare();
      this.#wanted[side] = true;
    } catch (error) {
      this.#events.problem(
        side === 'them' && device === '' ? describeShareProblem(error) : describeMicrophoneProblem(error),
      );
    }
  }

  /** Gone by itself: another microphone may take over, but what to share only the person can say. */
  async #ended(side: SourceName, label: string): Promise<void> {
    this.#tellSources();
    if (side === 'me') {
      await this.#add('me');
      if (this.#sources?.has('me') === true) this.#events.remark('That microphone is gone; another one took over.');
    } else {
      this.#events.remark(
        `“${label || 'The shared sound'}” is no longer shared. Press “Shared sound” to add it again.`,
      );
    }
    this.#tellSources();
    this.#tellStanding();
  }

  #stateIs(state: RecorderState, text: string): void {
    if (state === 'idle' && this.#sources !== undefined && this.#recorder.state === 'idle') this.#free();
    this.#events.state(state, text);
  }

  #tellSources(): void {
    this.#events.sources({ me: this.wants('me'), them: this.wants('them') });
  }

  #tellStanding(): void {
    const { me, them } = { me: this.wants('me'), them: this.wants('them') };
    this.#desk.standing({ paused: this.#paused, sources: { me, them } });
  }

  /** One tab records a meeting: a copied tab has the same memory, and must not speak for it. */
  async #claim(): Promise<boolean> {
    const { id } = this.#desk.meeting;
    const { locks } = navigator;
    const had =
      locks === undefined ||
      (await new Promise<boolean>((resolve) => {
        // The page before this one may still be letting go.
        const signal = AbortSignal.timeout(1_500);
        void locks
          .request(`sotto-meeting-${id}`, { signal }, () => {
            resolve(true);
            return new Promise<void>((release) => {
              this.#release = release;
            });
          })
          .catch(() => resolve(false));
      }));
    if (had) remember(id);
    return had;
  }

  #free(): void {
    clearInterval(this.#looking);
    this.#sources?.close();
    this.#sources = undefined;
    this.#paused = false;
    this.#release?.();
    this.#release = undefined;
    remember(undefined);
    this.#tellSources();
  }
}

export function describeShareProblem(error: unknown): Problem {
  if (error instanceof SilentTabError)
    return {
      title: 'What you shared brings no sound.',
      advice: 'Share a tab and tick “Also share tab audio”. On Linux, whole-machine sound is a device: see Settings.',
    };
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError')
    return { title: 'Nothing was shared.', advice: 'Press “Shared sound” again to choose a tab or a screen.' };
  return {
    title: 'This browser shares no sound.',
    advice: 'Use Chrome or Edge, or choose a device that carries the others’ sound under Settings.',
  };
}

/** The meeting this tab was recording when it was loaded; the browser keeps it over a reload and a crash of the tab. */
export function findRecordingInTab(): string | undefined {
  try {
    return sessionStorage.getItem(TAB) ?? undefined;
  } catch {
    return undefined;
  }
}

function remember(meeting: string | undefined): void {
  try {
    if (meeting === undefined) sessionStorage.removeItem(TAB);
    else sessionStorage.setItem(TAB, meeting);
  } catch {
    // Storage is forbidden: a reload ends the recording.
  }
}
